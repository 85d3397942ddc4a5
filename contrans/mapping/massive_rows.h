#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// A row counts as massive whose length is over this many times the median row's. Of SmolLM2's tokens behind the first
/// one in 500 is 30 to 140 times as long as the median at the middle layers, of the rest none over 1.6 times (Sun et
/// al. 2024, Massive Activations, §2, has the same in larger models).
inline constexpr double kMassive = 5;

/// Rows of one layer that are massive, rising. They hold an attention sink's constant, not the text, and a
/// least-squares fit would spend itself on them.
[[nodiscard]] std::vector<std::size_t> massive_rows(MatrixView states);

struct RowMask {
    std::vector<std::size_t> ordinary;  ///< the rows that are massive at none of the layers, rising
    std::vector<std::size_t> massive;   ///< [layers] how many rows are massive at each
};

/// @param layers  all with the same rows
[[nodiscard]] RowMask mask_rows(std::span<const MatrixView> layers);

/// Those of the mask that are ordinary.
[[nodiscard]] std::vector<std::size_t> ordinary_rows(std::span<const MatrixView> layers);

}  // namespace contrans
