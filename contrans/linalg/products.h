#pragma once

#include <span>
#include <vector>

#include "contrans/linalg/matrix.h"

namespace contrans {

/// How a factor enters a product: as it stands, or transposed.
enum class Op { plain, transposed };

/// op(a) · op(b), accumulated in the element type. Throws Error{argument} when the inner sizes differ.
[[nodiscard]] MatrixF64 multiply(MatrixF64View a, Op a_op, MatrixF64View b, Op b_op);
[[nodiscard]] Matrix multiply(MatrixView a, Op a_op, MatrixView b, Op b_op);

/// a · aᵀ [rows, rows], or aᵀ · a [cols, cols] where `op` is transposed (dsyrk); both triangles are filled.
[[nodiscard]] MatrixF64 self_product(MatrixF64View a, Op op);

/// op(a) · x. Throws Error{argument} when the sizes differ.
[[nodiscard]] std::vector<double> multiply(MatrixF64View a, Op a_op, std::span<const double> x);

[[nodiscard]] double dot(std::span<const double> a, std::span<const double> b);
[[nodiscard]] double norm(std::span<const double> x);
/// f32 in, f64 accumulated.
[[nodiscard]] double dot(std::span<const float> a, std::span<const float> b);
[[nodiscard]] double norm(std::span<const float> x);

/// The rows of `x` named by `index`, in that order. Indices are not checked.
[[nodiscard]] Matrix gather_rows(MatrixView x, std::span<const std::size_t> index);

[[nodiscard]] MatrixF64 to_f64(MatrixView x);
[[nodiscard]] Matrix to_f32(MatrixF64View x);
/// xᵀ in f32.
[[nodiscard]] Matrix transposed_f32(MatrixF64View x);

}  // namespace contrans
