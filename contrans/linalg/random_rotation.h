#pragma once

#include <cstddef>

#include "contrans/linalg/matrix.h"
#include "contrans/linalg/random_order.h"

namespace contrans {

/// R [rows, cols] with R·Rᵀ = 1, all such matrices equally likely: Q of the QR factors of a Gaussian matrix, each
/// column's sign such that R's diagonal is positive (Mezzadri 2007, How to generate random matrices from the classical
/// compact groups, §5). A row vector h·R is h turned, in a space of `cols` dimensions of which `rows` are used. Throws
/// Error{argument} unless 1 ≤ rows ≤ cols.
[[nodiscard]] MatrixF64 random_rotation(std::size_t rows, std::size_t cols, RandomEngine& engine);

}  // namespace contrans
