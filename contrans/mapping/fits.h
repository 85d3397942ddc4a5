#pragma once

#include <cstddef>
#include <vector>

#include "contrans/linalg/matrix.h"
#include "contrans/linalg/symmetric_eigen.h"
#include "contrans/mapping/affine_map.h"
#include "contrans/mapping/map_set.h"
#include "contrans/mapping/pair_statistics.h"

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
    AffineMap shuffled;  ///< the same fit, same penalty, on the plan's torn pairs
    MapEvidence evidence;
    std::size_t skipped_dimensions = 0;  ///< target dimensions without variance: mapped, but not scored
};

/// The statistics of one source layer's rows X [n, d_source], decomposed once for all target layers and kinds of fit.
///
///   last_ridge, token_ridge  minimise Σ ‖y − A·x − b‖² + p·‖A‖²: centred, p from the penalty path by the highest
///                            held-out mean of the target dimensions' own R²; its units are the target's standard
///                            deviations, so that massive dimensions do not choose (a ridge itself is the same in any
///                            target units, its dimensions do not interact);
///   token_plain              the same with p = 0;
///   token_procrustes         the best rotation of standardised dimensions (procrustes.h), centred;
///   paper                    minimum-norm least squares y = A·x, no offset, no centring (ConTrans §3.2).
/// All from the eigenvectors E of XᵀX: A = (XᵀY)ᵀ·E·diag(1/(λ + p))·Eᵀ. Which rows a kind is meant for, last tokens or
/// paired tokens, is the caller's part.
///
/// Penalty and evidence come from a fit on the training documents alone; the map that is returned is refitted, at that
/// penalty, on all rows. Keeps a reference: the statistics must outlive it. Safe to use from several threads.
class SourceFactor {
public:
    /// Throws Error{argument} when there are no kinds, or the path is empty or holds a value that is no penalty;
    /// Error{numeric} when the rows are all alike.
    SourceFactor(const SourceStatistics& source, std::vector<FitKind> kinds, FitOptions options = {});
    SourceFactor(SourceStatistics&& source, std::vector<FitKind> kinds, FitOptions options = {}) = delete;

    /// One fit per kind, in their order, to target rows Y [n, d_target] that were paired with X. Throws Error{numeric}
    /// when those are all alike.
    [[nodiscard]] std::vector<FittedMap> fit(const TargetStatistics& target) const;

private:
    enum class Origin { mean, zero };

    // The eigenvectors of one centring, and what is scored in their coordinates.
    struct Basis {
        Origin origin = Origin::mean;
        SymmetricEigen train;
        SymmetricEigen all;
        std::vector<double> source_origin;  // [d_source] of the training rows
        MatrixF64 held_out_gram;            // [d_source, d_source], about source_origin, in train's coordinates
        MatrixF64 differences;              // [n_differences, d_source], in train's coordinates
    };
    struct Target;
    struct BasisFit;

    [[nodiscard]] Basis make_basis(Origin origin) const;
    [[nodiscard]] Target make_target(const TargetStatistics& target) const;
    [[nodiscard]] BasisFit make_basis_fit(const Basis& basis, const Target& target) const;
    [[nodiscard]] FittedMap fit_kind(FitKind kind, const BasisFit& fit, const Target& target) const;
    [[nodiscard]] FittedMap fit_procrustes(const BasisFit& fit, const Target& target) const;
    [[nodiscard]] AffineMap about_means(Matrix a, const std::vector<double>& target_mean) const;
    [[nodiscard]] AffineMap refit(const Basis& basis, const MatrixF64& projected, double penalty,
                                  const std::vector<double>& target_mean) const;

    const SourceStatistics& source_;
    std::vector<FitKind> kinds_;
    FitOptions options_;
    SourceMoments all_;
    std::vector<Basis> bases_;  // one per origin that the kinds ask for
};

}  // namespace contrans
