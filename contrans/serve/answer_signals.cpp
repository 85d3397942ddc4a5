#include "contrans/serve/answer_signals.h"

#include <algorithm>

#include "contrans/evaluation/text_measures.h"
#include "contrans/serve/refusal.h"

namespace contrans {
namespace {

bool is_written_without_spaces(std::string_view text) {
    const auto spaces = std::ranges::count_if(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
    // In UTF-8 every byte but those of the form 10xxxxxx begins a character.
    const auto characters =
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    return 16 * spaces < characters;
}

}  // namespace

AnswerSignals answer_signals(std::string_view text) {
    const double distinct_share = is_written_without_spaces(text) ? distinct_characters(text, 8) : distinct(text, 4);
    return {1 - distinct_share, declines(text)};
}

}  // namespace contrans
