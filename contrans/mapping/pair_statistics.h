#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/linalg/matrix.h"
#include "contrans/mapping/layer_rows.h"
#include "contrans/mapping/pair_moments.h"
#include "contrans/mapping/row_plan.h"

namespace contrans {

/// What fits need of one source layer's rows: their moments by fold, and a sample of differences of held-out rows.
struct SourceStatistics {
    SourceMoments train;
    SourceMoments held_out;
    MatrixF64 differences;  ///< [n_differences, d_source]
};

/// What fits need of a target layer's rows beside those of a source layer.
struct TargetStatistics {
    TargetMoments train;
    TargetMoments held_out;
    TargetMoments torn;     ///< of all rows, the target's in the order of the plan's torn pairs; what means of merged
                            ///< parts have in common is left out of the cross products; of no rows: not counted
    MatrixF64 differences;  ///< [n_differences, d_target] of the rows that SourceStatistics' are of
};

/// Gram matrices f64.
[[nodiscard]] SourceStatistics source_statistics(const LayerRows& x);
/// The same in one go. Throws what LayerRows throws.
[[nodiscard]] SourceStatistics source_statistics(MatrixView x, const RowPlan& plan);

/// Whether the shuffled-map control's rows are counted, for about half of the time.
enum class TornPairs { counted, left_out };

/// Products of x and y are f64 up to kExactRows rows, above that f32 in blocks; those of torn pairs always f32.
/// @param x, y  of one plan
[[nodiscard]] TargetStatistics target_statistics(const LayerRows& x, const LayerRows& y,
                                                 TornPairs torn = TornPairs::counted);
/// The same in one go. Throws what LayerRows throws.
[[nodiscard]] TargetStatistics target_statistics(MatrixView x, MatrixView y, const RowPlan& plan);

struct LayerPair {
    LayerIndex source;
    LayerIndex target;
    friend auto operator<=>(const LayerPair&, const LayerPair&) = default;
};

/// The pairs' layers of one side, rising, each once.
[[nodiscard]] std::vector<LayerIndex> layers_of(std::span<const LayerPair> pairs, LayerIndex LayerPair::*side);

/// The sufficient statistics of paired rows at several layer pairs: all that fits need, in a size that the number of
/// rows does not change. Parts of a corpus are counted apart and merged.
struct PairStatistics {
    std::vector<LayerPair> pairs;
    std::vector<SourceStatistics> sources;  ///< of layers_of(pairs, &LayerPair::source)
    std::vector<TargetStatistics> targets;  ///< of the pairs
    std::vector<SourceMoments>
        target_layers;         ///< of layers_of(pairs, &LayerPair::target): training rows, with the Gram
                               ///< that whitened fits need; empty where read from a file that lacks it
    std::vector<double> lots;  ///< [n_differences] rising; of merged parts' differences those with the lowest stay

    /// Of no rows, with all sizes set.
    [[nodiscard]] static PairStatistics none(std::vector<LayerPair> pairs, std::size_t d_source, std::size_t d_target);
    [[nodiscard]] std::size_t rows() const;
    /// The place of a pair's source layer among the sources.
    [[nodiscard]] std::size_t source_of(std::size_t pair) const;
    /// The place of a pair's target layer among the target layers.
    [[nodiscard]] std::size_t target_of(std::size_t pair) const;

    /// Adds the rows of `other`, which is of the same pairs and widths. The order of merges changes the last digits.
    void merge(const PairStatistics& other);

    /// All numbers, array by array, each with a name of its own: how they are kept in files and sent.
    using Visitor = std::function<void(const std::string& name, std::span<double> numbers)>;
    void visit(const Visitor& visitor);
};

}  // namespace contrans
