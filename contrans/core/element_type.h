#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// How states are kept in a file.
enum class ElementType { f32, bf16, f16 };

[[nodiscard]] std::string to_string(ElementType type);
[[nodiscard]] ElementType parse_element_type(std::string_view name);  ///< throws Error{argument}

[[nodiscard]] std::size_t bytes_of(ElementType type);
/// NumPy's type string. NumPy has no bf16: its bits are kept as '<u2'.
[[nodiscard]] std::string numpy_descr(ElementType type);

/// The least magnitude that the type rounds to infinity; of f32 infinity itself.
[[nodiscard]] float first_infinite(ElementType type);

/// Rounds to nearest, ties to even. f16 holds up to 65,504: what lies beyond becomes infinite.
/// @param bytes  [values] of the type, resized
void encode(std::span<const float> values, ElementType type, std::vector<std::byte>& bytes);
/// @param values  as many as the bytes hold
void decode(std::span<const std::byte> bytes, ElementType type, std::span<float> values);

}  // namespace contrans
