#include "contrans/mapping/fits.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/mapping/gcv.h"
#include "contrans/mapping/held_out_score.h"
#include "contrans/mapping/procrustes.h"
#include "contrans/mapping/reduced_rank.h"
#include "contrans/mapping/scaling.h"
#include "contrans/mapping/shrinkage.h"

namespace contrans {
namespace {

bool is_ridge(FitKind kind) {
    return kind == FitKind::last_ridge || kind == FitKind::token_ridge || kind == FitKind::token_ridge_raw ||
           kind == FitKind::token_ridge_whitened;
}

bool is_reduced_rank(FitKind kind) {
    return kind == FitKind::token_reduced_rank || kind == FitKind::token_reduced_rank_whitened;
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

std::vector<double> inverse_deviations(const MatrixF64& gram, double rows) {
    std::vector<double> inverse(gram.rows(), 0.0);
    for (std::size_t i = 0; i < inverse.size(); ++i) {
        if (gram(i, i) > 0) inverse[i] = 1.0 / std::sqrt(gram(i, i) / rows);
    }
    return inverse;
}

// Below the resolution of f32 states there is rounding, not variance.
bool varies(double squares, double rows, double mean) { return std::sqrt(squares / rows) > 1e-6 * std::abs(mean); }

// The penalty with the highest score; the largest of equals.
double best_penalty(const std::vector<double>& penalties, const std::vector<double>& scores) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < penalties.size(); ++i) {
        if (scores[i] > scores[best] || (scores[i] == scores[best] && penalties[i] > penalties[best])) best = i;
    }
    return penalties[best];
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

std::vector<double> zeros(std::size_t n) { return std::vector<double>(n, 0.0); }
std::vector<double> ones(std::size_t n) { return std::vector<double>(n, 1.0); }

}  // namespace

bool is_whitened(FitKind kind) {
    return kind == FitKind::token_ridge_whitened || kind == FitKind::token_reduced_rank_whitened;
}

// What all kinds share of one target layer.
struct SourceFactor::Target {
    const TargetStatistics& rows;
    TargetMoments all = {};
    std::vector<double> inverse_sd = {};        // [d_target] of the training rows; 0: skipped
    std::vector<double> raw_weights = {};       // [d_target] of the raw R²
    std::vector<double> standard_weights = {};  // [d_target] of the standardised one
    std::size_t skipped = 0;
    MatrixF64 differences = {};                           // [n_differences, d_target], in standard deviations
    std::optional<TargetMetric> whitened = std::nullopt;  // where a kind needs it

    void set_weights();
    [[nodiscard]] TargetMetric metric(FitKind kind) const;
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

TargetMetric SourceFactor::Target::metric(FitKind kind) const {
    if (is_whitened(kind)) return *whitened;
    return kind == FitKind::token_ridge_raw ? TargetMetric::raw(inverse_sd) : TargetMetric::standardised(inverse_sd);
}

// What the kinds of one basis share for one target layer, in train's coordinates.
struct SourceFactor::BasisFit {
    const Basis& basis;
    MatrixF64 train;                       // P = E·XᵀY [d_source, d_target]; of one penalty the coefficients
    MatrixF64 held_out;                    // Σ x·yᵀ [d_source, d_target]
    std::vector<double> held_out_squares;  // [d_target]
    HeldOutScore raw;
    HeldOutScore standard;

    /// Weighs the rows of `train` to coefficients.
    [[nodiscard]] std::vector<double> weights(double penalty, double cutoff) const {
        return basis.one ? ones(train.rows()) : shrinkage(basis.train.values, penalty, cutoff);
    }
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

// The one penalty that all kinds of an origin are fitted with, where there is but one.
std::optional<double> SourceFactor::only_penalty(Origin origin) const {
    std::set<double> asked;
    for (const FitKind kind : kinds_) {
        if ((kind == FitKind::paper) != (origin == Origin::zero)) continue;
        if (is_reduced_rank(kind)) return std::nullopt;
        if (is_ridge(kind)) {
            asked.insert(options_.penalties.begin(), options_.penalties.end());
        } else {
            asked.insert(0.0);
        }
    }
    return asked.size() == 1 ? std::optional(*asked.begin()) : std::nullopt;
}

SourceFactor::Basis SourceFactor::make_basis(Origin origin) const {
    const double cutoff = options_.eigenvalue_cutoff;
    const std::vector<double> zero = zeros(all_.mean.size());
    const std::vector<double>& from = origin == Origin::mean ? source_.train.mean : zero;
    Basis basis{.origin = origin,
                .source_origin = from,
                .all = RidgeSolver(gram_about(all_, origin == Origin::mean ? all_.mean : zero), cutoff),
                .held_out_gram = gram_about(source_.held_out, from),
                .differences = source_.differences,
                .train = {},
                .path = {},
                .one = std::nullopt};
    MatrixF64 gram = gram_about(source_.train, from);
    if (const auto penalty = only_penalty(origin)) {
        basis.one.emplace(std::move(gram), cutoff);
        basis.penalty = *penalty;
        return basis;
    }
    basis.train = symmetric_eigen(std::move(gram));
    if (!(basis.train.values.back() > 0)) throw Error(ErrorKind::numeric, "fit: the source rows must not be all alike");
    basis.path = MatrixF64(options_.penalties.size(), zero.size());
    for (std::size_t i = 0; i < basis.path.rows(); ++i)
        std::ranges::copy(shrinkage(basis.train.values, options_.penalties[i], cutoff), basis.path.row(i).begin());
    const MatrixF64& e = basis.train.vectors;
    basis.held_out_gram =
        multiply(multiply(e, Op::plain, basis.held_out_gram, Op::plain), Op::plain, e, Op::transposed);
    basis.differences = multiply(basis.differences, Op::plain, e, Op::transposed);
    return basis;
}

SourceFactor::Target SourceFactor::make_target(const TargetStatistics& target,
                                               const SourceMoments* target_layer) const {
    Target t{target};
    t.all = merge(target.train, source_.train, target.held_out, source_.held_out);
    t.set_weights();
    t.differences = scale_columns(target.differences, t.inverse_sd);
    if (std::ranges::any_of(kinds_, is_whitened))
        t.whitened = TargetMetric::whitened(target_layer ? *target_layer : SourceMoments{}, t.inverse_sd);
    return t;
}

SourceFactor::BasisFit SourceFactor::make_basis_fit(const Basis& basis, const Target& target) const {
    const TargetMoments& target_train = target.rows.train;
    const std::vector<double> zero_y = zeros(target_train.mean.size());
    const std::vector<double>& from_y = basis.origin == Origin::mean ? target_train.mean : zero_y;
    MatrixF64 train = cross_about(source_.train, target_train, basis.source_origin, from_y);
    MatrixF64 held_out = cross_about(source_.held_out, target.rows.held_out, basis.source_origin, from_y);
    if (basis.one) {
        std::vector<MatrixF64> rights;
        rights.push_back(std::move(train));
        train = std::move(basis.one->solve(std::move(rights), basis.penalty).front());
    } else {
        train = multiply(basis.train.vectors, Op::plain, train, Op::plain);
        held_out = multiply(basis.train.vectors, Op::plain, held_out, Op::plain);
    }
    std::vector<double> squares = squares_about(target.rows.held_out, from_y);
    HeldOutScore raw(train, basis.held_out_gram, held_out, squares, target.raw_weights);
    HeldOutScore standard(train, basis.held_out_gram, held_out, squares, target.standard_weights);
    return {basis, std::move(train), std::move(held_out), std::move(squares), std::move(raw), std::move(standard)};
}

void SourceFactor::choose_penalty(FitKind kind, const BasisFit& fit, const Target& target,
                                  MapEvidence& evidence) const {
    evidence.penalty = fit.basis.one ? fit.basis.penalty : 0.0;
    if (!is_ridge(kind)) return;
    evidence.gcv_penalty = evidence.penalty;
    if (fit.basis.one) return;
    const TargetMetric metric = target.metric(kind);
    const MatrixF64 projected = metric.enter(fit.train);
    const auto whitened_scores = [&] {
        const MatrixF64 held_out = metric.enter(fit.held_out);
        return HeldOutScore(projected, fit.basis.held_out_gram, held_out, zeros(held_out.cols()),
                            ones(held_out.cols()))(fit.basis.path);
    };
    const HeldOutScore& own = kind == FitKind::token_ridge_raw ? fit.raw : fit.standard;
    evidence.penalty = best_penalty(options_.penalties, is_whitened(kind) ? whitened_scores() : own(fit.basis.path));
    const GcvScore gcv(fit.basis.train.values, projected, metric.total(target.rows.train.squares), source_.train.rows);
    std::vector<double> scores;
    for (std::size_t i = 0; i < fit.basis.path.rows(); ++i) scores.push_back(-gcv(fit.basis.path.view().row(i)));
    evidence.gcv_penalty = best_penalty(options_.penalties, scores);
}

// Of a fit with these coefficients [d_source, d_target] in train's coordinates.
MapEvidence SourceFactor::score(const MatrixF64& coefficients, const BasisFit& fit, const Target& target) const {
    const auto r2 = [&](std::span<const double> weights) {
        const HeldOutScore held_out(coefficients, fit.basis.held_out_gram, fit.held_out, fit.held_out_squares, weights);
        return held_out(ones(coefficients.rows()));
    };
    MapEvidence evidence;
    evidence.rows = static_cast<std::size_t>(all_.rows);
    evidence.held_out_r2 = r2(target.raw_weights);
    evidence.held_out_r2_standard = r2(target.standard_weights);
    const MatrixF64 carried = multiply(fit.basis.differences, Op::plain, coefficients, Op::plain);
    evidence.directional = mean_row_cosine(scale_columns(carried, target.inverse_sd), target.differences);
    return evidence;
}

FittedMap SourceFactor::fit_kind(FitKind kind, const BasisFit& fit, const Target& target) const {
    MapEvidence evidence;
    evidence.rows = static_cast<std::size_t>(all_.rows);
    evidence.rank = fit.basis.all.rank();
    choose_penalty(kind, fit, target, evidence);
    const std::vector<double> d = fit.weights(evidence.penalty, options_.eigenvalue_cutoff);
    evidence.held_out_r2 = fit.raw(d);
    evidence.held_out_r2_standard = fit.standard(d);
    const MatrixF64 carried = multiply(scale_columns(fit.basis.differences, d), Op::plain, fit.train, Op::plain);
    evidence.directional = mean_row_cosine(scale_columns(carried, target.inverse_sd), target.differences);
    const Origin origin = fit.basis.origin;
    return refitted(kind, origin, fit.basis.all.solve(crosses(origin, target), evidence.penalty), evidence, target);
}

FittedMap SourceFactor::fit_reduced_rank(FitKind kind, const BasisFit& fit, const Target& target) const {
    const TargetMetric metric = target.metric(kind);
    const MatrixF64 cross = metric.enter(fit.train);
    const MatrixF64 full = scale_rows(cross, fit.weights(0.0, options_.eigenvalue_cutoff));
    const MatrixF64 directions = fitted_directions(full, cross);
    const std::size_t rank = best_rank(full, directions, fit.basis.held_out_gram, metric.enter(fit.held_out));
    MapEvidence evidence = score(metric.leave(limit_rank(full, directions, rank)), fit, target);
    evidence.rank = rank;
    const std::vector<MatrixF64> rights = crosses(Origin::mean, target);
    std::vector<MatrixF64> limited = fit.basis.all.solve(rights, 0.0);
    for (std::size_t i = 0; i < rights.size(); ++i) {
        const MatrixF64 of_all = metric.enter(std::move(limited[i]));
        limited[i] = metric.leave(limit_rank(of_all, fitted_directions(of_all, metric.enter(rights[i])), rank));
    }
    return refitted(kind, Origin::mean, std::move(limited), evidence, target);
}

FittedMap SourceFactor::fit_procrustes(const BasisFit& fit, const Target& target) const {
    const std::vector<double> inverse_sd_x = inverse_deviations(source_.train.gram, source_.train.rows);
    const auto rotation = [&](const MatrixF64& cross) { return procrustes(cross, inverse_sd_x, target.inverse_sd); };
    MatrixF64 of_train = rotation(target.rows.train.cross);
    if (!fit.basis.one) of_train = multiply(fit.basis.train.vectors, Op::plain, of_train, Op::plain);
    MapEvidence evidence = score(of_train, fit, target);
    evidence.rank = std::min(inverse_sd_x.size(), target.inverse_sd.size() - target.skipped);
    std::vector<MatrixF64> rotations;
    for (const MatrixF64& cross : crosses(Origin::mean, target)) rotations.push_back(rotation(cross));
    return refitted(FitKind::token_procrustes, Origin::mean, std::move(rotations), evidence, target);
}

// Σ x·yᵀ of all rows about the origin: of the pairs, and of the torn pairs where those were counted.
std::vector<MatrixF64> SourceFactor::crosses(Origin origin, const Target& target) const {
    const std::vector<double> zero_x = zeros(all_.mean.size());
    const std::vector<double> zero_y = zeros(target.all.mean.size());
    std::vector<MatrixF64> all;
    for (const TargetMoments* y : {&target.all, &target.rows.torn}) {
        if (y->rows == 0) continue;
        all.push_back(origin == Origin::mean ? y->cross : cross_about(all_, *y, zero_x, zero_y));
    }
    return all;
}

// @param coefficients  [d_source, d_target] of each of crosses()
FittedMap SourceFactor::refitted(FitKind kind, Origin origin, std::vector<MatrixF64> coefficients,
                                 const MapEvidence& evidence, const Target& target) const {
    FittedMap fitted{kind, affine(origin, coefficients.front(), target.all.mean), std::nullopt, evidence,
                     target.skipped};
    if (coefficients.size() > 1) fitted.shuffled = affine(origin, coefficients.back(), target.rows.torn.mean);
    return fitted;
}

AffineMap SourceFactor::affine(Origin origin, const MatrixF64& coefficients,
                               const std::vector<double>& target_mean) const {
    Matrix a = transposed_f32(coefficients);
    std::vector<float> b(a.rows(), 0.0F);
    if (origin == Origin::zero) return {std::move(a), std::move(b)};
    // From A as it is stored, so that the mean is carried to the mean however large it is.
    const auto carried = multiply(to_f64(a), Op::plain, all_.mean);
    for (std::size_t j = 0; j < b.size(); ++j) b[j] = static_cast<float>(target_mean[j] - carried[j]);
    return {std::move(a), std::move(b)};
}

FittedMap SourceFactor::fit_any(FitKind kind, const BasisFit& fit, const Target& target) const {
    if (kind == FitKind::token_procrustes) return fit_procrustes(fit, target);
    return is_reduced_rank(kind) ? fit_reduced_rank(kind, fit, target) : fit_kind(kind, fit, target);
}

std::vector<FittedMap> SourceFactor::fit(const TargetStatistics& target, const SourceMoments* target_layer) const {
    const Target t = make_target(target, target_layer);
    std::vector<BasisFit> fits;
    for (const Basis& basis : bases_) fits.push_back(make_basis_fit(basis, t));
    std::vector<FittedMap> maps;
    for (const FitKind kind : kinds_) {
        const Origin origin = kind == FitKind::paper ? Origin::zero : Origin::mean;
        const auto of_origin = [&](const BasisFit& fit) { return fit.basis.origin == origin; };
        maps.push_back(fit_any(kind, *std::ranges::find_if(fits, of_origin), t));
    }
    return maps;
}

}  // namespace contrans
