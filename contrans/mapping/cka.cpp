#include "contrans/mapping/cka.h"

#include <cmath>
#include <string>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/linalg/finite.h"
#include "contrans/linalg/gram.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

void require_states(std::span<const MatrixView> layers, std::size_t rows, const std::string& side) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].rows != rows) {
            throw Error(ErrorKind::argument, "cka: all layers need " + std::to_string(rows) + " rows, " + side + " " +
                                                 std::to_string(i) + " has " + std::to_string(layers[i].rows));
        }
        require_finite(layers[i], "cka: states of " + side + " " + std::to_string(i));
    }
}

// What a layer's kernel K = X·Xᵀ enters the alignment with.
struct Kernel {
    Matrix centred;                // X [n, d], centred, scaled
    Matrix gram;                   // K [n, n]; empty in the feature form
    std::vector<double> diagonal;  // [n]
    double trace = 0;
    double self = 0;  // HSIC(K, K)
};

double column_factor(double square_sum, double mean, double n, CkaOptions::Columns columns) {
    const double sd = std::sqrt(square_sum / n);
    // Below the resolution of f32 states there is rounding, not variance.
    if (!(sd > 1e-6 * std::abs(mean))) return 0.0;
    return columns == CkaOptions::Columns::standardised ? 1.0 / sd : 1.0;
}

Matrix prepared(MatrixView x, CkaOptions::Columns columns) {
    const std::vector<double> mean = column_means({x});
    const std::vector<float> shift(mean.begin(), mean.end());
    const std::vector<double> squares = column_square_sums({x, std::nullopt, shift});
    Matrix out(x.rows, x.cols);
    for (std::size_t c = 0; c < x.cols; ++c) {
        const double factor = column_factor(squares[c], mean[c], static_cast<double>(x.rows), columns);
        for (std::size_t r = 0; r < x.rows; ++r) {
            out(r, c) = static_cast<float>((static_cast<double>(x(r, c)) - mean[c]) * factor);
        }
    }
    return out;
}

// HSIC up to a factor common to numerator and norms, from ⟨K, L⟩, both diagonals and traces. Rows of centred kernels
// sum to zero, which is what turns HSIC₁'s sums over kernels without diagonal into sums over the diagonals.
double hsic(double inner, const Kernel& k, const Kernel& l, CkaOptions::Estimator estimator) {
    if (estimator == CkaOptions::Estimator::plain) return inner;
    const double n = static_cast<double>(k.diagonal.size());
    const double diagonals = dot(std::span<const double>(k.diagonal), l.diagonal);
    return inner - diagonals + k.trace * l.trace / ((n - 1) * (n - 2)) - 2.0 * diagonals / (n - 2);
}

std::span<const float> flat(const Matrix& m) { return {m.data(), m.rows() * m.cols()}; }

double frobenius_inner(const Kernel& k, const Kernel& l) {
    if (!k.gram.empty()) return dot(flat(k.gram), flat(l.gram));
    const Matrix product = multiply(k.centred, Op::transposed, l.centred, Op::plain);  // ⟨XXᵀ, YYᵀ⟩ = ‖XᵀY‖²
    return dot(flat(product), flat(product));
}

enum class Form { kernels, features };

Kernel make_kernel(MatrixView x, const CkaOptions& options, Form form) {
    Kernel k;
    k.centred = prepared(x, options.columns);
    for (std::size_t r = 0; r < x.rows; ++r) {
        k.diagonal.push_back(dot(k.centred.view().row(r), k.centred.view().row(r)));
        k.trace += k.diagonal.back();
    }
    if (form == Form::kernels) k.gram = multiply(k.centred, Op::plain, k.centred, Op::transposed);
    k.self = hsic(frobenius_inner(k, k), k, k, options.estimator);
    if (form == Form::kernels) k.centred = {};
    return k;
}

std::vector<Kernel> make_kernels(std::span<const MatrixView> layers, const CkaOptions& options, Form form) {
    std::vector<Kernel> kernels;
    for (const MatrixView& layer : layers) kernels.push_back(make_kernel(layer, options, form));
    return kernels;
}

double total_width(std::span<const MatrixView> layers) {
    double width = 0;
    for (const MatrixView& layer : layers) width += static_cast<double>(layer.cols);
    return width;
}

// Multiplications of both forms, n² a layer pair against n·d_x·d_y.
Form cheaper_form(std::span<const MatrixView> sources, std::span<const MatrixView> targets, double n) {
    const double ws = total_width(sources);
    const double wt = total_width(targets);
    const double kernels = n * n * (ws + wt + static_cast<double>(sources.size() * targets.size()));
    return kernels <= n * ws * wt ? Form::kernels : Form::features;
}

}  // namespace

MatrixF64 linear_cka(std::span<const MatrixView> sources, std::span<const MatrixView> targets,
                     const CkaOptions& options) {
    MatrixF64 cka(sources.size(), targets.size());
    if (cka.empty()) return cka;
    const std::size_t n = sources.front().rows;
    const std::size_t least = options.estimator == CkaOptions::Estimator::debiased ? 4 : 2;
    if (n < least) {
        throw Error(ErrorKind::argument,
                    "cka: needs at least " + std::to_string(least) + " rows, got " + std::to_string(n));
    }
    require_states(sources, n, "source layer");
    require_states(targets, n, "target layer");
    const Form form = cheaper_form(sources, targets, static_cast<double>(n));
    const std::vector<Kernel> target_kernels = make_kernels(targets, options, form);
    for (std::size_t s = 0; s < sources.size(); ++s) {
        const Kernel k = make_kernel(sources[s], options, form);
        for (std::size_t t = 0; t < targets.size(); ++t) {
            const Kernel& l = target_kernels[t];
            const double scale = k.self > 0 && l.self > 0 ? std::sqrt(k.self) * std::sqrt(l.self) : 0.0;
            cka(s, t) = scale > 0 ? hsic(frobenius_inner(k, l), k, l, options.estimator) / scale : 0.0;
        }
    }
    return cka;
}

}  // namespace contrans
