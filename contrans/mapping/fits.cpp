#include "contrans/mapping/fits.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/finite.h"
#include "contrans/linalg/gram.h"
#include "contrans/linalg/products.h"
#include "contrans/mapping/held_out_score.h"

namespace contrans {
namespace {

constexpr std::size_t kExactRows = 8192;

GramPrecision precision_for(std::size_t rows) {
    return rows <= kExactRows ? GramPrecision::f64 : GramPrecision::f32_blocks;
}

std::vector<float> to_floats(std::span<const double> x) { return {x.begin(), x.end()}; }

bool is_ridge(FitKind kind) { return kind == FitKind::last_ridge || kind == FitKind::token_ridge; }

void require_rows(MatrixView x, const RowPlan& plan, const std::string& side) {
    if (x.rows != plan.rows() || x.cols == 0) {
        throw Error(ErrorKind::argument, "fit: " + side + " must have the plan's " + std::to_string(plan.rows()) +
                                             " rows and a width, got [" + std::to_string(x.rows) + ", " +
                                             std::to_string(x.cols) + "]");
    }
    require_finite(x, "fit: " + side + " states");
}

void require_options(const std::vector<FitKind>& kinds, const FitOptions& options) {
    if (kinds.empty()) throw Error(ErrorKind::argument, "fit: at least one kind must be asked for");
    if (options.penalties.empty()) throw Error(ErrorKind::argument, "fit: the penalty path must not be empty");
    for (const double penalty : options.penalties) {
        if (!(penalty >= 0) || !std::isfinite(penalty)) {
            throw Error(ErrorKind::argument,
                        "fit: penalties must be finite and not below 0, got " + std::to_string(penalty));
        }
    }
}

std::size_t count_above(const std::vector<double>& ascending, double floor) {
    return static_cast<std::size_t>(ascending.end() - std::ranges::upper_bound(ascending, floor));
}

// What each eigendirection is weighted with: 1/(λ + penalty·mean λ), 0 where λ counts as none.
std::vector<double> shrinkage(const std::vector<double>& eigenvalues, double penalty, double cutoff) {
    double mean = 0;
    for (const double value : eigenvalues) mean += value / static_cast<double>(eigenvalues.size());
    std::vector<double> weights(eigenvalues.size(), 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (eigenvalues[i] > cutoff * eigenvalues.back()) weights[i] = 1.0 / (eigenvalues[i] + penalty * mean);
    }
    return weights;
}

SymmetricEigen decompose(MatrixF64 gram) {
    SymmetricEigen eigen = symmetric_eigen(std::move(gram));
    if (!(eigen.values.back() > 0)) throw Error(ErrorKind::numeric, "fit: the source rows must not be all alike");
    return eigen;
}

MatrixF64 scale_rows(MatrixF64 m, std::span<const double> factors) {
    for (std::size_t r = 0; r < m.rows(); ++r) {
        for (double& value : m.row(r)) value *= factors[r];
    }
    return m;
}

MatrixF64 scale_columns(MatrixF64 m, std::span<const double> factors) {
    for (std::size_t r = 0; r < m.rows(); ++r) {
        auto row = m.row(r);
        for (std::size_t c = 0; c < row.size(); ++c) row[c] *= factors[c];
    }
    return m;
}

MatrixF64 row_differences(MatrixView x, const RowPlan& plan) {
    MatrixF64 d(plan.minuends.size(), x.cols);
    for (std::size_t k = 0; k < d.rows(); ++k) {
        const auto from = x.row(plan.minuends[k]);
        const auto to = x.row(plan.subtrahends[k]);
        for (std::size_t c = 0; c < x.cols; ++c) d(k, c) = static_cast<double>(from[c]) - static_cast<double>(to[c]);
    }
    return d;
}

// Below the resolution of f32 states there is rounding, not variance.
bool varies(double squares, double rows, double mean) { return std::sqrt(squares / rows) > 1e-6 * std::abs(mean); }

}  // namespace

// One target layer's rows, read once for all kinds.
struct SourceFactor::Target {
    TargetMoments train;
    TargetMoments held_out;
    TargetMoments all;
    TargetMoments torn;                    // of all rows, torn pairs
    std::vector<double> inverse_sd;        // [d_target] of the training rows; 0: skipped
    std::vector<double> raw_weights;       // [d_target] of the raw R²
    std::vector<double> standard_weights;  // [d_target] of the standardised one
    std::size_t skipped = 0;
    MatrixF64 differences;  // [n_differences, d_target], in standard deviations

    void set_weights();
};

// R² of dimension j alone is 1 − error_j/s_j with s_j its held-out sum of squares; the mean of those, or the R² of all
// dimensions together, weigh the errors by 1/(count·s_j) or 1/Σs.
void SourceFactor::Target::set_weights() {
    const std::size_t d = train.mean.size();
    inverse_sd.assign(d, 0.0);
    raw_weights.assign(d, 0.0);
    standard_weights.assign(d, 0.0);
    double total = 0;
    for (std::size_t j = 0; j < d; ++j) {
        if (!varies(train.squares[j], train.rows, train.mean[j]) ||
            !varies(held_out.squares[j], held_out.rows, held_out.mean[j])) {
            ++skipped;
            continue;
        }
        inverse_sd[j] = 1.0 / std::sqrt(train.squares[j] / train.rows);
        standard_weights[j] = 1.0 / held_out.squares[j];
        total += held_out.squares[j];
    }
    if (skipped == d) throw Error(ErrorKind::numeric, "fit: the target rows must not be all alike");
    for (std::size_t j = 0; j < d; ++j) {
        standard_weights[j] /= static_cast<double>(d - skipped);
        if (inverse_sd[j] > 0) raw_weights[j] = 1.0 / total;
    }
}

// What the kinds of one basis share for one target layer. P = E·XᵀY, [d_source, d_target].
struct SourceFactor::BasisFit {
    const Basis& basis;
    MatrixF64 train;
    MatrixF64 all;
    MatrixF64 torn;
    HeldOutScore raw;
    HeldOutScore standard;
};

SourceFactor::SourceFactor(MatrixView source, const RowPlan& plan, std::vector<FitKind> kinds, FitOptions options)
    : source_(source), plan_(plan), kinds_(std::move(kinds)), options_(std::move(options)) {
    require_options(kinds_, options_);
    require_rows(source, plan, "source");
    shift_ = to_floats(column_means({source, plan.train, {}}));
    train_ = source_moments({source, plan.train, shift_});
    held_out_ = source_moments({source, plan.held_out, shift_});
    all_ = merge(train_, held_out_);
    const auto is_paper = [](FitKind kind) { return kind == FitKind::paper; };
    if (!std::ranges::all_of(kinds_, is_paper)) bases_.push_back(make_basis(Origin::mean));
    if (std::ranges::any_of(kinds_, is_paper)) bases_.push_back(make_basis(Origin::zero));
}

SourceFactor::Basis SourceFactor::make_basis(Origin origin) const {
    const std::vector<double> zero(source_.cols, 0.0);
    Basis basis;
    basis.origin = origin;
    basis.source_origin = origin == Origin::mean ? train_.mean : zero;
    basis.train = decompose(gram_about(train_, basis.source_origin));
    basis.all = decompose(gram_about(all_, origin == Origin::mean ? all_.mean : zero));
    const MatrixF64& e = basis.train.vectors;
    basis.held_out_gram = multiply(multiply(e, Op::plain, gram_about(held_out_, basis.source_origin), Op::plain),
                                   Op::plain, e, Op::transposed);
    basis.differences = multiply(row_differences(source_, plan_), Op::plain, e, Op::transposed);
    return basis;
}

SourceFactor::Target SourceFactor::make_target(MatrixView target) const {
    const std::vector<float> shift = to_floats(column_means({target, plan_.train, {}}));
    const GramPrecision precision = precision_for(plan_.rows());
    Target t;
    t.train = target_moments({source_, plan_.train, shift_}, train_, {target, plan_.train, shift}, precision);
    t.held_out =
        target_moments({source_, plan_.held_out, shift_}, held_out_, {target, plan_.held_out, shift}, precision);
    t.all = merge(t.train, train_, t.held_out, held_out_);
    t.torn = target_moments({source_, std::nullopt, shift_}, all_, {target, plan_.torn, shift}, precision);
    t.set_weights();
    t.differences = scale_columns(row_differences(target, plan_), t.inverse_sd);
    return t;
}

SourceFactor::BasisFit SourceFactor::make_basis_fit(const Basis& basis, const Target& target) const {
    const std::vector<double> zero_x(source_.cols, 0.0);
    const std::vector<double> zero_y(target.train.mean.size(), 0.0);
    const bool centred = basis.origin == Origin::mean;
    const std::vector<double>& train_y = centred ? target.train.mean : zero_y;
    const auto all_cross = [&](const TargetMoments& y) {
        return centred ? y.cross : cross_about(all_, y, zero_x, zero_y);
    };
    const auto project = [](const SymmetricEigen& eigen, const MatrixF64& cross) {
        return multiply(eigen.vectors, Op::plain, cross, Op::plain);
    };
    MatrixF64 train = project(basis.train, cross_about(train_, target.train, basis.source_origin, train_y));
    const MatrixF64 held_out =
        project(basis.train, cross_about(held_out_, target.held_out, basis.source_origin, train_y));
    const std::vector<double> squares = squares_about(target.held_out, train_y);
    HeldOutScore raw(train, basis.held_out_gram, held_out, squares, target.raw_weights);
    HeldOutScore standard(train, basis.held_out_gram, held_out, squares, target.standard_weights);
    return {basis,
            std::move(train),
            project(basis.all, all_cross(target.all)),
            project(basis.all, all_cross(target.torn)),
            std::move(raw),
            std::move(standard)};
}

namespace {

// The path's penalty with the highest standardised held-out R²; the largest of equals.
double best_penalty(const std::vector<double>& path, const std::vector<double>& eigenvalues, double cutoff,
                    const HeldOutScore& score) {
    double best = path.front();
    double best_score = score(shrinkage(eigenvalues, best, cutoff));
    for (const double penalty : path) {
        const double value = score(shrinkage(eigenvalues, penalty, cutoff));
        if (value < best_score || (value == best_score && penalty < best)) continue;
        best = penalty;
        best_score = value;
    }
    return best;
}

// Mean cosine of the rows of both; rows without length on either side count as 0.
double mean_row_cosine(const MatrixF64& a, const MatrixF64& b) {
    double sum = 0;
    for (std::size_t r = 0; r < a.rows(); ++r) {
        const double lengths = norm(a.row(r)) * norm(b.row(r));
        if (lengths > 0) sum += dot(a.row(r), b.row(r)) / lengths;
    }
    return sum / static_cast<double>(a.rows());
}

}  // namespace

AffineMap SourceFactor::refit(const Basis& basis, const MatrixF64& projected, double penalty,
                              const std::vector<double>& target_mean) const {
    const auto d = shrinkage(basis.all.values, penalty, options_.eigenvalue_cutoff);
    Matrix a = to_f32(multiply(scale_rows(projected, d), Op::transposed, basis.all.vectors, Op::plain));
    std::vector<float> b(a.rows(), 0.0F);
    if (basis.origin == Origin::mean) {
        // From A as it is stored, so that the mean is carried to the mean however large it is.
        const auto carried = multiply(to_f64(a), Op::plain, all_.mean);
        for (std::size_t j = 0; j < b.size(); ++j) b[j] = static_cast<float>(target_mean[j] - carried[j]);
    }
    return {std::move(a), std::move(b)};
}

FittedMap SourceFactor::fit_kind(FitKind kind, const BasisFit& fit, const Target& target) const {
    const std::vector<double>& eigenvalues = fit.basis.train.values;
    const double cutoff = options_.eigenvalue_cutoff;
    MapEvidence evidence;
    evidence.rows = plan_.rows();
    evidence.rank = count_above(fit.basis.all.values, cutoff * fit.basis.all.values.back());
    evidence.penalty = is_ridge(kind) ? best_penalty(options_.penalties, eigenvalues, cutoff, fit.standard) : 0.0;
    const std::vector<double> d = shrinkage(eigenvalues, evidence.penalty, cutoff);
    evidence.held_out_r2 = fit.raw(d);
    evidence.held_out_r2_standard = fit.standard(d);
    const MatrixF64 carried = multiply(scale_columns(fit.basis.differences, d), Op::plain, fit.train, Op::plain);
    evidence.directional = mean_row_cosine(scale_columns(carried, target.inverse_sd), target.differences);
    return {kind, refit(fit.basis, fit.all, evidence.penalty, target.all.mean),
            refit(fit.basis, fit.torn, evidence.penalty, target.torn.mean), evidence, target.skipped};
}

std::vector<FittedMap> SourceFactor::fit(MatrixView target) const {
    require_rows(target, plan_, "target");
    const Target t = make_target(target);
    std::vector<BasisFit> fits;
    for (const Basis& basis : bases_) fits.push_back(make_basis_fit(basis, t));
    std::vector<FittedMap> maps;
    for (const FitKind kind : kinds_) {
        const Origin origin = kind == FitKind::paper ? Origin::zero : Origin::mean;
        const auto of_origin = [&](const BasisFit& fit) { return fit.basis.origin == origin; };
        maps.push_back(fit_kind(kind, *std::ranges::find_if(fits, of_origin), t));
    }
    return maps;
}

}  // namespace contrans
