#pragma once

#include <string>
#include <vector>

#include "contrans/linalg/gram.h"
#include "contrans/linalg/matrix.h"
#include "contrans/mapping/pair_moments.h"
#include "contrans/mapping/row_plan.h"

namespace contrans {

/// Up to so many rows products are f64, above that f32 in blocks (linalg/gram.h), whose error is far below the fit's
/// own spread.
inline constexpr std::size_t kExactRows = 4096;

/// One layer's states, prepared once for all layers of the other model that they are paired with: checked, less the
/// training rows' mean, and where products are exact widened to f64. States and plan must outlive it.
class LayerRows {
public:
    /// @param states [n, d]   @param side  "source" or "target", for messages
    /// Throws Error{argument} unless they have the plan's rows and a width, Error{numeric} naming the row for a state
    /// that is not finite.
    LayerRows(MatrixView states, const RowPlan& plan, const std::string& side);

    [[nodiscard]] SourceMoments train_moments() const;
    [[nodiscard]] SourceMoments held_out_moments() const;
    /// [n_differences, d] of the plan's pairs of held-out rows.
    [[nodiscard]] MatrixF64 differences() const;

    /// Of target rows, beside the source rows x of the same plan.
    [[nodiscard]] TargetMoments train_moments_beside(const LayerRows& x) const;
    [[nodiscard]] TargetMoments held_out_moments_beside(const LayerRows& x) const;
    /// Of all rows, these in the order of the plan's torn pairs. Products in f32: nobody steers by a control.
    [[nodiscard]] TargetMoments torn_moments_beside(const LayerRows& x) const;

private:
    struct Fold {
        const std::vector<std::size_t>* index = nullptr;
        ColumnSums sums;
        MatrixF64 exact;  // [n, d] less the shift; empty where f32 must do
    };

    [[nodiscard]] Fold fold_of(const std::vector<std::size_t>& rows) const;
    [[nodiscard]] SourceMoments moments_of(const Fold& fold) const;
    [[nodiscard]] TargetMoments moments_beside(const LayerRows& x, Fold LayerRows::*fold) const;

    MatrixView states_;
    const RowPlan& plan_;
    std::vector<float> shift_;  // [d]
    Fold train_;
    Fold held_out_;
};

}  // namespace contrans
