#include "contrans/concepts/probe.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "contrans/concepts/pooled_states.h"
#include "contrans/core/error.h"
#include "contrans/linalg/cholesky.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

// Centres and scales columns to variance 1 in place; returns 1/sd per column, 0 where a column has no variance.
std::vector<double> standardise(MatrixF64& x) {
    std::vector<double> largest(x.cols(), 0.0);
    for (std::size_t r = 0; r < x.rows(); ++r) {
        for (std::size_t c = 0; c < x.cols(); ++c) largest[c] = std::max(largest[c], std::abs(x(r, c)));
    }
    centre_columns(x);
    std::vector<double> squares(x.cols(), 0.0);
    for (std::size_t r = 0; r < x.rows(); ++r) {
        for (std::size_t c = 0; c < x.cols(); ++c) squares[c] += x(r, c) * x(r, c);
    }
    std::vector<double> inverse(x.cols(), 0.0);
    for (std::size_t c = 0; c < x.cols(); ++c) {
        const double sd = std::sqrt(squares[c] / static_cast<double>(x.rows()));
        // Below the resolution of f32 states there is rounding, not variance.
        if (sd > 1e-7 * largest[c]) inverse[c] = 1.0 / sd;
    }
    for (std::size_t r = 0; r < x.rows(); ++r) {
        for (std::size_t c = 0; c < x.cols(); ++c) x(r, c) *= inverse[c];
    }
    return inverse;
}

// Logistic regression by Newton's method. Linear predictor f = design·c, penalty λ/2·‖w‖²: either c = w and the
// design is Z [n, k]; or, with fewer texts than features, w = Zᵀc and the design is the kernel Z·Zᵀ [n, n].
struct Probe {
    enum class Form { primal, dual } form = Form::primal;
    MatrixF64 design;
    std::vector<double> sign;  // [n], +1 for positives, −1 for negatives
    double penalty = 1.0;

    [[nodiscard]] std::size_t n() const { return sign.size(); }
};

double objective(const Probe& probe, std::span<const double> c, std::span<const double> f) {
    double sum = 0.5 * probe.penalty * (probe.form == Probe::Form::primal ? dot(c, c) : dot(c, f));
    for (std::size_t i = 0; i < probe.n(); ++i) {
        const double margin = probe.sign[i] * f[i];
        sum += margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
    }
    return sum;
}

struct LossDerivatives {
    std::vector<double> first;        // [n] of the loss by f
    std::vector<double> root_second;  // [n], square root of the second derivative
};

LossDerivatives loss_derivatives(const Probe& probe, std::span<const double> f) {
    LossDerivatives d{std::vector<double>(probe.n()), std::vector<double>(probe.n())};
    for (std::size_t i = 0; i < probe.n(); ++i) {
        const double miss = 1.0 / (1.0 + std::exp(probe.sign[i] * f[i]));
        d.first[i] = -probe.sign[i] * miss;
        d.root_second[i] = std::sqrt(miss * (1.0 - miss));
    }
    return d;
}

std::vector<double> solve(MatrixF64 system, std::span<const double> right) {
    MatrixF64 side(1, right.size());
    std::ranges::copy(right, side.data());
    const MatrixF64 solution = cholesky_solve(std::move(system), std::move(side));
    return {solution.data(), solution.data() + right.size()};
}

// (ZᵀSZ + λI)⁻¹ (Zᵀg + λw), to be subtracted from w.
std::vector<double> primal_step(const Probe& probe, std::span<const double> w, const LossDerivatives& d) {
    MatrixF64 scaled = probe.design;
    for (std::size_t r = 0; r < scaled.rows(); ++r) {
        for (double& value : scaled.row(r)) value *= d.root_second[r];
    }
    MatrixF64 hessian = multiply(scaled, Op::transposed, scaled, Op::plain);
    std::vector<double> gradient = multiply(probe.design, Op::transposed, d.first);
    for (std::size_t c = 0; c < w.size(); ++c) {
        gradient[c] += probe.penalty * w[c];
        hessian(c, c) += probe.penalty;
    }
    return solve(std::move(hessian), gradient);
}

// The same step in w = Zᵀa: (S·K + λI)⁻¹ r with r = g + λa, made symmetric by the identity
// (S·K + λI)⁻¹ = (I − S^½ (λI + S^½·K·S^½)⁻¹ S^½ K) / λ.
std::vector<double> dual_step(const Probe& probe, std::span<const double> a, const LossDerivatives& d) {
    std::vector<double> r(probe.n());
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = d.first[i] + probe.penalty * a[i];
    std::vector<double> right = multiply(probe.design, Op::plain, r);
    MatrixF64 system = probe.design;
    for (std::size_t i = 0; i < r.size(); ++i) {
        right[i] *= d.root_second[i];
        for (std::size_t j = 0; j < r.size(); ++j) system(i, j) *= d.root_second[i] * d.root_second[j];
        system(i, i) += probe.penalty;
    }
    const std::vector<double> inner = solve(std::move(system), right);
    for (std::size_t i = 0; i < r.size(); ++i) r[i] = (r[i] - d.root_second[i] * inner[i]) / probe.penalty;
    return r;
}

// Halves the step until the objective does not rise; false once nothing is left to gain.
bool descend(const Probe& probe, std::vector<double>& c, std::vector<double>& f, std::span<const double> step) {
    const double before = objective(probe, c, f);
    std::vector<double> trial(c.size());
    for (double scale = 1.0; scale > 1e-6; scale *= 0.5) {
        for (std::size_t i = 0; i < c.size(); ++i) trial[i] = c[i] - scale * step[i];
        std::vector<double> trial_f = multiply(probe.design, Op::plain, trial);
        const double after = objective(probe, trial, trial_f);
        if (!(after <= before)) continue;
        c.swap(trial);
        f.swap(trial_f);
        return before - after > 1e-12 * (1.0 + before);
    }
    return false;
}

// Coefficients c at the minimum.
std::vector<double> minimise(const Probe& probe) {
    std::vector<double> c(probe.design.cols(), 0.0);
    std::vector<double> f(probe.n(), 0.0);
    constexpr int kMaxSteps = 100;  // Newton on a strongly convex loss: about 10 are needed
    for (int i = 0; i < kMaxSteps; ++i) {
        const LossDerivatives d = loss_derivatives(probe, f);
        const auto step = probe.form == Probe::Form::primal ? primal_step(probe, c, d) : dual_step(probe, c, d);
        if (!descend(probe, c, f, step)) return c;
    }
    throw Error(ErrorKind::numeric, "refine: the probe did not converge in " + std::to_string(kMaxSteps) + " steps");
}

// Appends a constant feature: the intercept, penalised a hundredth as much as a weight of a standardised feature.
MatrixF64 with_intercept(const MatrixF64& z) {
    MatrixF64 augmented(z.rows(), z.cols() + 1);
    for (std::size_t r = 0; r < z.rows(); ++r) {
        std::ranges::copy(z.row(r), augmented.row(r).begin());
        augmented(r, z.cols()) = 10.0;
    }
    return augmented;
}

}  // namespace

std::vector<double> probe_axis(MatrixView positive, MatrixView negative, double penalty) {
    MatrixF64 z = pooled_states(positive, negative);
    const std::vector<double> inverse_sd = standardise(z);
    z = with_intercept(z);
    const bool wide = z.rows() < z.cols();
    Probe probe{.form = wide ? Probe::Form::dual : Probe::Form::primal,
                .design = wide ? multiply(z, Op::plain, z, Op::transposed) : z,
                .sign = std::vector<double>(z.rows(), -1.0),
                .penalty = penalty};
    std::fill_n(probe.sign.begin(), positive.rows, 1.0);
    std::vector<double> w = minimise(probe);
    if (wide) w = multiply(z, Op::transposed, w);
    w.resize(positive.cols);
    for (std::size_t c = 0; c < w.size(); ++c) w[c] *= inverse_sd[c];
    return w;
}

}  // namespace contrans
