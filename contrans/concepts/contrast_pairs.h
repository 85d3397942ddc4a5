#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "contrans/core/text.h"

namespace contrans {

/// The texts a concept is refined from. When `paired`, positive[i] and negative[i] belong together.
struct ContrastPairs {
    std::vector<Text> positive;
    std::vector<Text> negative;
    enum class Pairing { paired, unpaired } pairing = Pairing::paired;
};

/// The positive texts and then the negative ones.
[[nodiscard]] std::vector<Text> both_classes(const ContrastPairs& pairs);

/// Reads JSON lines `{"positive": T, "negative": T}` or `{"text": T, "label": "positive"|"negative"}` (DESIGN §6), T a
/// string or a list of {"role", "content"}. Both forms in one file make it unpaired.
/// Throws Error{io} when the file cannot be read; Error{format} naming file and line for malformed JSON, a missing or
/// unknown key, an empty text, a class without texts, fewer than 2 texts a class, or a text that stands in both
/// classes.
[[nodiscard]] ContrastPairs read_contrast_pairs(const std::filesystem::path& file);

}  // namespace contrans
