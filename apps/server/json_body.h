#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace contrans::server {

/// Members keep their order: tools and schemas are handed on as the client wrote them.
using Json = nlohmann::ordered_json;

/// Objects and lists within each other that a body may have.
inline constexpr std::size_t kDeepestBody = 32;

/// A request's body as a JSON object. Throws RequestError 400 for bytes that are not UTF-8, for text that is no JSON,
/// for another kind of value, for more depth than `deepest`, and for a key that one object has twice.
[[nodiscard]] Json parse_body(std::string_view body, std::size_t deepest = kDeepestBody);

/// JSON as it is sent; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string dump(const Json& json);

}  // namespace contrans::server
