#include "contrans/mapping/fits.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/mapping/held_out_score.h"
#include "contrans/mapping/procrustes.h"

namespace contrans {
namespace {

bool is_ridge(FitKind kind) { return kind == FitKind::last_ridge || kind == FitKind::token_ridge; }

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

std::vector<double> inverse_deviations(const MatrixF64& gram, double rows) {
    std::vector<double> inverse(gram.rows(), 0.0);
    for (std::size_t i = 0; i < inverse.size(); ++i) {
        if (gram(i, i) > 0) inverse[i] = 1.0 / std::sqrt(gram(i, i) / rows);
    }
    return inverse;
}

Matrix transposed_f32(const MatrixF64& m) {
    Matrix t(m.cols(), m.rows());
    for (std::size_t r = 0; r < m.rows(); ++r) {
        for (std::size_t c = 0; c < m.cols(); ++c) t(c, r) = static_cast<float>(m(r, c));
    }
    return t;
}

// Below the resolution of f32 states there is rounding, not variance.
bool varies(double squares, double rows, double mean) { return std::sqrt(squares / rows) > 1e-6 * std::abs(mean); }

}  // namespace

// What all kinds share of one target layer.
struct SourceFactor::Target {
    const TargetStatistics& rows;
    TargetMoments all = {};
    std::vector<double> inverse_sd = {};        // [d_target] of the training rows; 0: skipped
    std::vector<double> raw_weights = {};       // [d_target] of the raw R²
    std::vector<double> standard_weights = {};  // [d_target] of the standardised one
    std::size_t skipped = 0;
    MatrixF64 differences = {};  // [n_differences, d_target], in standard deviations

    void set_weights();
};

// R² of dimension j alone is 1 − error_j/s_j with s_j its held-out sum of squares; the mean of those, or the R² of all
// dimensions together, weigh the errors by 1/(count·s_j) or 1/Σs.
void SourceFactor::Target::set_weights() {
    const TargetMoments& train = rows.train;
    const TargetMoments& held_out = rows.held_out;
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
    MatrixF64 held_out;  // in train's coordinates
    MatrixF64 all;
    MatrixF64 torn;
    std::vector<double> held_out_squares;  // [d_target]
    HeldOutScore raw;
    HeldOutScore standard;
};

SourceFactor::SourceFactor(const SourceStatistics& source, std::vector<FitKind> kinds, FitOptions options)
    : source_(source),
      kinds_(std::move(kinds)),
      options_(std::move(options)),
      all_(merge(source.train, source.held_out)) {
    require_options(kinds_, options_);
    const auto is_paper = [](FitKind kind) { return kind == FitKind::paper; };
    if (!std::ranges::all_of(kinds_, is_paper)) bases_.push_back(make_basis(Origin::mean));
    if (std::ranges::any_of(kinds_, is_paper)) bases_.push_back(make_basis(Origin::zero));
}

SourceFactor::Basis SourceFactor::make_basis(Origin origin) const {
    const SourceMoments& train = source_.train;
    const std::vector<double> zero(train.mean.size(), 0.0);
    Basis basis;
    basis.origin = origin;
    basis.source_origin = origin == Origin::mean ? train.mean : zero;
    basis.train = decompose(gram_about(train, basis.source_origin));
    basis.all = decompose(gram_about(all_, origin == Origin::mean ? all_.mean : zero));
    const MatrixF64& e = basis.train.vectors;
    basis.held_out_gram = multiply(multiply(e, Op::plain, gram_about(source_.held_out, basis.source_origin), Op::plain),
                                   Op::plain, e, Op::transposed);
    basis.differences = multiply(source_.differences, Op::plain, e, Op::transposed);
    return basis;
}

SourceFactor::Target SourceFactor::make_target(const TargetStatistics& target) const {
    Target t{target};
    t.all = merge(target.train, source_.train, target.held_out, source_.held_out);
    t.set_weights();
    t.differences = scale_columns(target.differences, t.inverse_sd);
    return t;
}

SourceFactor::BasisFit SourceFactor::make_basis_fit(const Basis& basis, const Target& target) const {
    const TargetMoments& target_train = target.rows.train;
    const std::vector<double> zero_x(source_.train.mean.size(), 0.0);
    const std::vector<double> zero_y(target_train.mean.size(), 0.0);
    const bool centred = basis.origin == Origin::mean;
    const std::vector<double>& train_y = centred ? target_train.mean : zero_y;
    const auto all_cross = [&](const TargetMoments& y) {
        return centred ? y.cross : cross_about(all_, y, zero_x, zero_y);
    };
    const auto project = [](const SymmetricEigen& eigen, const MatrixF64& cross) {
        return multiply(eigen.vectors, Op::plain, cross, Op::plain);
    };
    MatrixF64 train = project(basis.train, cross_about(source_.train, target_train, basis.source_origin, train_y));
    MatrixF64 held_out =
        project(basis.train, cross_about(source_.held_out, target.rows.held_out, basis.source_origin, train_y));
    std::vector<double> squares = squares_about(target.rows.held_out, train_y);
    HeldOutScore raw(train, basis.held_out_gram, held_out, squares, target.raw_weights);
    HeldOutScore standard(train, basis.held_out_gram, held_out, squares, target.standard_weights);
    return {basis,
            std::move(train),
            std::move(held_out),
            project(basis.all, all_cross(target.all)),
            project(basis.all, all_cross(target.rows.torn)),
            std::move(squares),
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
    if (basis.origin == Origin::mean) return about_means(std::move(a), target_mean);
    std::vector<float> zero(a.rows(), 0.0F);
    return {std::move(a), std::move(zero)};
}

AffineMap SourceFactor::about_means(Matrix a, const std::vector<double>& target_mean) const {
    // From A as it is stored, so that the mean is carried to the mean however large it is.
    const auto carried = multiply(to_f64(a), Op::plain, all_.mean);
    std::vector<float> b(a.rows());
    for (std::size_t j = 0; j < b.size(); ++j) b[j] = static_cast<float>(target_mean[j] - carried[j]);
    return {std::move(a), std::move(b)};
}

FittedMap SourceFactor::fit_kind(FitKind kind, const BasisFit& fit, const Target& target) const {
    const std::vector<double>& eigenvalues = fit.basis.train.values;
    const double cutoff = options_.eigenvalue_cutoff;
    MapEvidence evidence;
    evidence.rows = static_cast<std::size_t>(all_.rows);
    evidence.rank = count_above(fit.basis.all.values, cutoff * fit.basis.all.values.back());
    evidence.penalty = is_ridge(kind) ? best_penalty(options_.penalties, eigenvalues, cutoff, fit.standard) : 0.0;
    const std::vector<double> d = shrinkage(eigenvalues, evidence.penalty, cutoff);
    evidence.held_out_r2 = fit.raw(d);
    evidence.held_out_r2_standard = fit.standard(d);
    const MatrixF64 carried = multiply(scale_columns(fit.basis.differences, d), Op::plain, fit.train, Op::plain);
    evidence.directional = mean_row_cosine(scale_columns(carried, target.inverse_sd), target.differences);
    return {kind, refit(fit.basis, fit.all, evidence.penalty, target.all.mean),
            refit(fit.basis, fit.torn, evidence.penalty, target.rows.torn.mean), evidence, target.skipped};
}

FittedMap SourceFactor::fit_procrustes(const BasisFit& fit, const Target& target) const {
    const std::vector<double> inverse_sd_x = inverse_deviations(source_.train.gram, source_.train.rows);
    const auto rotation = [&](const MatrixF64& cross) { return procrustes(cross, inverse_sd_x, target.inverse_sd); };
    const auto map_of = [&](const TargetMoments& y) { return about_means(transposed_f32(rotation(y.cross)), y.mean); };
    const MatrixF64 projected =
        multiply(fit.basis.train.vectors, Op::plain, rotation(target.rows.train.cross), Op::plain);
    const auto score = [&](std::span<const double> weights) {
        const HeldOutScore held_out(projected, fit.basis.held_out_gram, fit.held_out, fit.held_out_squares, weights);
        return held_out(std::vector<double>(projected.rows(), 1.0));
    };
    MapEvidence evidence;
    evidence.rows = static_cast<std::size_t>(all_.rows);
    evidence.rank = std::min(inverse_sd_x.size(), target.inverse_sd.size() - target.skipped);
    evidence.held_out_r2 = score(target.raw_weights);
    evidence.held_out_r2_standard = score(target.standard_weights);
    const MatrixF64 carried = multiply(fit.basis.differences, Op::plain, projected, Op::plain);
    evidence.directional = mean_row_cosine(scale_columns(carried, target.inverse_sd), target.differences);
    return {FitKind::token_procrustes, map_of(target.all), map_of(target.rows.torn), evidence, target.skipped};
}

std::vector<FittedMap> SourceFactor::fit(const TargetStatistics& target) const {
    const Target t = make_target(target);
    std::vector<BasisFit> fits;
    for (const Basis& basis : bases_) fits.push_back(make_basis_fit(basis, t));
    std::vector<FittedMap> maps;
    for (const FitKind kind : kinds_) {
        const Origin origin = kind == FitKind::paper ? Origin::zero : Origin::mean;
        const auto of_origin = [&](const BasisFit& fit) { return fit.basis.origin == origin; };
        const BasisFit& basis = *std::ranges::find_if(fits, of_origin);
        maps.push_back(kind == FitKind::token_procrustes ? fit_procrustes(basis, t) : fit_kind(kind, basis, t));
    }
    return maps;
}

}  // namespace contrans
