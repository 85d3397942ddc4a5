#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "contrans/core/line_reader.h"
#include "contrans/core/text.h"

namespace contrans {

/// A Text from JSON: a string, or a list of {"role": "system"|"user"|"assistant", "content": string} (DESIGN §6).
/// Throws Error{format} naming place and key for another shape, an unknown role, or a text or message that is empty.
[[nodiscard]] Text text_from_json(const nlohmann::json& value, std::string_view key, const LinePlace& place);

/// A text's words for messages, hashes and comparisons: the string, or the messages' contents one a line.
[[nodiscard]] std::string plain_text(const Text& text);

}  // namespace contrans
