#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "contrans/linalg/matrix.h"
#include "contrans/linalg/symmetric_eigen.h"
#include "contrans/mapping/affine_map.h"
#include "contrans/mapping/map_set.h"
#include "contrans/mapping/pair_statistics.h"
#include "contrans/mapping/ridge_solver.h"
#include "contrans/mapping/target_metric.h"

namespace contrans {

struct FitOptions {
    /// Ridge penalties tried, in units of the mean eigenvalue of the source rows' covariance; 0 is least squares.
    std::vector<double> penalties = {0.0, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0};
    /// Directions in which the source rows' squared length is at most this share of the largest count as empty and get
    /// no weight: singular values below 1e-5 of the largest, where states of real models are rounding noise.
    double eigenvalue_cutoff = 1e-10;
};

struct FittedMap {
    FitKind kind = FitKind::token_plain;
    AffineMap map;
    std::optional<AffineMap> shuffled;  ///< the same fit, same penalty or rank, on the plan's torn pairs; nothing where
                                        ///< those were not counted
    MapEvidence evidence;
    std::size_t skipped_dimensions = 0;  ///< target dimensions without variance: mapped, but not scored
};

/// The statistics of one source layer's rows X [n, d_source], decomposed once for all target layers and kinds of fit.
///
///   *_ridge*            minimise Σ ‖y − A·x − b‖² + p·‖A‖²: centred, p from the penalty path by the highest held-out
///                       R² in a target metric (target_metric.h). A ridge itself is the same in any target units, its
///                       dimensions do not interact; the metric chooses p and nothing else. Standardised: the mean of
///                       the target dimensions' own R², so that massive dimensions do not choose;
///   token_plain         the same with p = 0;
///   token_reduced_rank* minimise Σ ‖T·(y − A·x − b)‖² over maps of rank k, k by the highest held-out score in the same
///                       metric T (reduced_rank.h); p = 0. Here the metric changes the fit;
///   token_procrustes    the best rotation of standardised dimensions (procrustes.h), centred;
///   paper               minimum-norm least squares y = A·x, no offset, no centring (ConTrans §3.2).
/// All from the eigenvectors E of XᵀX: A = (XᵀY)ᵀ·E·diag(1/(λ + p))·Eᵀ; where the kinds ask for one penalty alone, by
/// Cholesky and without eigenvectors (ridge_solver.h). Which rows a kind is meant for, last tokens or paired tokens, is
/// the caller's part.
///
/// Penalty, rank and evidence come from a fit on the training documents alone; the map that is returned is refitted, at
/// that penalty or rank, on all rows. Keeps a reference: the statistics must outlive it. Safe to use from several
/// threads.
class SourceFactor {
public:
    /// Throws Error{argument} when there are no kinds, or the path is empty or holds a value that is no penalty;
    /// Error{numeric} when the rows are all alike.
    SourceFactor(const SourceStatistics& source, std::vector<FitKind> kinds, FitOptions options = {});
    SourceFactor(SourceStatistics&& source, std::vector<FitKind> kinds, FitOptions options = {}) = delete;

    /// One fit per kind, in their order, to target rows Y [n, d_target] that were paired with X.
    /// @param target_layer  moments of Y's training rows with their Gram matrix; nothing where no kind is whitened
    /// Throws Error{numeric} when the target rows are all alike, Error{argument} when a whitened kind lacks the Gram.
    [[nodiscard]] std::vector<FittedMap> fit(const TargetStatistics& target,
                                             const SourceMoments* target_layer = nullptr) const;

private:
    enum class Origin { mean, zero };

    // One centring's rows, and what is scored in train's coordinates: those of its eigenvectors, or the source's own.
    struct Basis {
        Origin origin = Origin::mean;
        std::vector<double> source_origin;  // [d_source] of the training rows
        RidgeSolver all;
        MatrixF64 held_out_gram;         // [d_source, d_source], about source_origin
        MatrixF64 differences;           // [n_differences, d_source]
        SymmetricEigen train;            // of several penalties
        MatrixF64 path;                  // [n_penalties, d_source] their shrinkages
        std::optional<RidgeSolver> one;  // of one alone
        double penalty = 0;              // that
    };
    struct Target;
    struct BasisFit;

    [[nodiscard]] std::optional<double> only_penalty(Origin origin) const;
    [[nodiscard]] Basis make_basis(Origin origin) const;
    [[nodiscard]] Target make_target(const TargetStatistics& target, const SourceMoments* target_layer) const;
    [[nodiscard]] BasisFit make_basis_fit(const Basis& basis, const Target& target) const;
    void choose_penalty(FitKind kind, const BasisFit& fit, const Target& target, MapEvidence& evidence) const;
    [[nodiscard]] MapEvidence score(const MatrixF64& coefficients, const BasisFit& fit, const Target& target) const;
    [[nodiscard]] FittedMap fit_kind(FitKind kind, const BasisFit& fit, const Target& target) const;
    [[nodiscard]] FittedMap fit_reduced_rank(FitKind kind, const BasisFit& fit, const Target& target) const;
    [[nodiscard]] FittedMap fit_procrustes(const BasisFit& fit, const Target& target) const;
    [[nodiscard]] FittedMap fit_any(FitKind kind, const BasisFit& fit, const Target& target) const;
    [[nodiscard]] std::vector<MatrixF64> crosses(Origin origin, const Target& target) const;
    [[nodiscard]] FittedMap refitted(FitKind kind, Origin origin, std::vector<MatrixF64> coefficients,
                                     const MapEvidence& evidence, const Target& target) const;
    [[nodiscard]] AffineMap affine(Origin origin, const MatrixF64& coefficients,
                                   const std::vector<double>& target_mean) const;

    const SourceStatistics& source_;
    std::vector<FitKind> kinds_;
    FitOptions options_;
    SourceMoments all_;
    std::vector<Basis> bases_;  // one per origin that the kinds ask for
};

/// Whether SourceFactor::fit needs the target's own Gram matrix for it.
[[nodiscard]] bool is_whitened(FitKind kind);

}  // namespace contrans
