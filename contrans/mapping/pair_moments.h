#pragma once

#include <vector>

#include "contrans/linalg/gram.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

/// First and second moments of source rows x [n, d_source]. All fits and their squared errors follow from moments, so
/// that rows are read once per pair of layers and folds are added without reading them again.
struct SourceMoments {
    double rows = 0;
    std::vector<double> mean;  ///< [d_source]
    MatrixF64 gram;            ///< Σ (x − mean)(x − mean)ᵀ [d_source, d_source]
};

/// Moments of target rows y [n, d_target], beside those of the source rows they are paired with.
struct TargetMoments {
    double rows = 0;
    std::vector<double> mean;     ///< [d_target]
    std::vector<double> squares;  ///< Σ (y − mean)² per dimension [d_target]
    MatrixF64 cross;              ///< Σ (x − mean x)(y − mean y)ᵀ [d_source, d_target]
};

/// Sums over rows less a shift. Any shift gives the same moments; one near the mean keeps their digits.
struct ColumnSums {
    double rows = 0;
    std::vector<float> shift;     ///< [d]
    std::vector<double> mean;     ///< [d] of x − shift
    std::vector<double> squares;  ///< [d] Σ (x − shift)²
};

[[nodiscard]] ColumnSums column_sums(const ShiftedRows& x);
/// Of the rows of both, which have the same shift.
[[nodiscard]] ColumnSums merge(const ColumnSums& a, const ColumnSums& b);

/// @param product  Σ of the shifted rows' outer products [d_source, d_source]
[[nodiscard]] SourceMoments source_moments(const ColumnSums& x, MatrixF64 product);
/// @param product  Σ of outer products of x and y, both shifted [d_source, d_target]
[[nodiscard]] TargetMoments target_moments(const ColumnSums& x, const ColumnSums& y, MatrixF64 product);

/// Moments of the rows of both, by moving each part's moments to the common mean. A gram left empty stays so.
[[nodiscard]] SourceMoments merge(const SourceMoments& a, const SourceMoments& b);
/// @param source_a, source_b  the moments of the source rows that a and b are paired with
[[nodiscard]] TargetMoments merge(const TargetMoments& a, const SourceMoments& source_a, const TargetMoments& b,
                                  const SourceMoments& source_b);

/// The same sums about other points than the means: Σ (x − from_x)(x − from_x)ᵀ and so on.
[[nodiscard]] MatrixF64 gram_about(const SourceMoments& x, const std::vector<double>& from_x);
[[nodiscard]] MatrixF64 cross_about(const SourceMoments& x, const TargetMoments& y, const std::vector<double>& from_x,
                                    const std::vector<double>& from_y);
[[nodiscard]] std::vector<double> squares_about(const TargetMoments& y, const std::vector<double>& from_y);

}  // namespace contrans
