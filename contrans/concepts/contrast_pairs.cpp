#include "contrans/concepts/contrast_pairs.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"
#include "contrans/core/json_text.h"
#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using nlohmann::json;

constexpr std::size_t kFewestTexts = 2;

// A text and the line it stands on; a line has one text or two.
struct PlacedText {
    Text text;
    std::size_t line = 0;
};

struct PlacedTexts {
    std::vector<PlacedText> positive;
    std::vector<PlacedText> negative;
    bool only_pairs = true;
};

bool is_form(const json& object, std::string_view first, std::string_view second) {
    return object.size() == 2 && object.contains(first) && object.contains(second);
}

std::string key_list(const json& object) {
    std::string keys;
    for (const auto& item : object.items()) keys += (keys.empty() ? "" : ", ") + in_quotes(item.key());
    return keys.empty() ? "no key" : keys;
}

void add_labelled(const json& object, const LinePlace& place, PlacedTexts& texts) {
    texts.only_pairs = false;
    PlacedText text{text_from_json(object["text"], "text", place), place.line};
    if (object["label"] == "positive") {
        texts.positive.push_back(std::move(text));
    } else if (object["label"] == "negative") {
        texts.negative.push_back(std::move(text));
    } else {
        reject_line(place, R"("label" must be "positive" or "negative")", printable(object["label"].dump()));
    }
}

void add_line(const json& object, const LinePlace& place, PlacedTexts& texts) {
    if (is_form(object, "positive", "negative")) {
        texts.positive.push_back({text_from_json(object["positive"], "positive", place), place.line});
        texts.negative.push_back({text_from_json(object["negative"], "negative", place), place.line});
    } else if (is_form(object, "text", "label")) {
        add_labelled(object, place, texts);
    } else {
        reject_line(place, R"(the keys must be "positive" and "negative", or "text" and "label")", key_list(object));
    }
}

// Texts that differ only in the white space around them are the same text.
std::string identity_of(const Text& text) {
    if (const auto* plain = std::get_if<std::string>(&text)) return std::string(trimmed(*plain));
    std::string identity;
    for (const ChatMessage& message : std::get<std::vector<ChatMessage>>(text)) {
        identity += '\0' + message.role + '\0' + std::string(trimmed(message.content));
    }
    return identity;
}

void require_disjoint(const std::filesystem::path& file, const PlacedTexts& texts) {
    std::map<std::string, std::size_t> positive_lines;
    for (const PlacedText& text : texts.positive) positive_lines.emplace(identity_of(text.text), text.line);
    for (const PlacedText& text : texts.negative) {
        const auto found = positive_lines.find(identity_of(text.text));
        if (found == positive_lines.end()) continue;
        reject_line({file, std::max(text.line, found->second)}, "a text must not stand in both classes",
                    in_quotes(plain_text(text.text)) + ", positive on line " + std::to_string(found->second) +
                        ", negative on line " + std::to_string(text.line));
    }
}

void require_enough(const std::filesystem::path& file, std::string_view label, std::size_t n_texts) {
    if (n_texts >= kFewestTexts) return;
    throw Error(ErrorKind::format, file.string() + ": each class needs at least " + std::to_string(kFewestTexts) +
                                       " texts (got " + std::to_string(n_texts) + " " + std::string(label) + ")");
}

std::vector<Text> without_lines(std::vector<PlacedText> placed) {
    std::vector<Text> texts;
    texts.reserve(placed.size());
    for (PlacedText& text : placed) texts.push_back(std::move(text.text));
    return texts;
}

}  // namespace

std::vector<Text> both_classes(const ContrastPairs& pairs) {
    std::vector<Text> texts = pairs.positive;
    texts.insert(texts.end(), pairs.negative.begin(), pairs.negative.end());
    return texts;
}

ContrastPairs read_contrast_pairs(const std::filesystem::path& file) {
    PlacedTexts texts;
    read_json_lines(file, [&](const json& object, const LinePlace& place) { add_line(object, place, texts); });
    require_enough(file, "positive", texts.positive.size());
    require_enough(file, "negative", texts.negative.size());
    require_disjoint(file, texts);
    const auto pairing = texts.only_pairs ? ContrastPairs::Pairing::paired : ContrastPairs::Pairing::unpaired;
    return {without_lines(std::move(texts.positive)), without_lines(std::move(texts.negative)), pairing};
}

}  // namespace contrans
