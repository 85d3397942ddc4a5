#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace contrans {

struct RowPlanOptions {
    std::size_t held_out_every = 10;  ///< every so many-th document is held out; with fewer than twice as many
                                      ///< documents a smaller step, so that at least 2 are
    std::size_t n_differences = 512;  ///< pairs of held-out rows for the directional score; ≥ 1
    std::uint64_t seed = 1;
};

/// What is done with which of n paired rows; one plan serves all layers of a block of texts. Folds are split by
/// document, since rows of one text resemble each other.
struct RowPlan {
    std::vector<std::size_t> train;     ///< rows fitted on while the penalty is chosen, rising
    std::vector<std::size_t> held_out;  ///< rows scored on, rising
    std::vector<std::size_t> torn;  ///< [n] the control's target row for source row r: a permutation in which no row
                                    ///< keeps its place in the text, nor meets a row of its own document (where one
                                    ///< document holds more than half of all rows, some of those do)
    std::vector<std::size_t> minuends;     ///< [n_differences] held-out rows, and beside each
    std::vector<std::size_t> subtrahends;  ///< a held-out row of another document
    std::vector<double> lots;  ///< [n_differences] uniform in [0, 1), rising: the lowest of two plans' stay in a merge

    [[nodiscard]] std::size_t rows() const { return torn.size(); }
};

/// @param document  the document of each row, any numbering
/// Throws Error{argument} when there are fewer than 4 documents or an option is 0.
[[nodiscard]] RowPlan plan_rows(std::span<const std::size_t> document, const RowPlanOptions& options = {});

}  // namespace contrans
