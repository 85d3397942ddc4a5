#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// English as phrases are looked for in it: the words that begin in a text's first `bytes`, in lower case, English
/// contractions written out ("can't" and "cannot" as "can", "not"), words like "unfortunately" and "simply" left away.
/// "." stands where a sentence begins or ends (so it is the first of all), "\"" for a double quotation mark.
[[nodiscard]] std::vector<std::string> plain_words(std::string_view text, std::size_t bytes);

}  // namespace contrans
