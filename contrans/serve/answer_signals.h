#pragma once

#include <string_view>

namespace contrans {

/// What an answer's text shows of how it went, cheap enough to be looked at after every answer.
struct AnswerSignals {
    /// The share of its runs of 4 words that occurred before in it, in [0, 1]: 1 − distinct-4 (text_measures.h). Runs
    /// of 8 characters where it is written without spaces (fewer than one in 16 characters). 0 where it is shorter than
    /// that. Lists, tables and code repeat themselves without being broken.
    double repetition = 0;
    bool refusal = false;  ///< its beginning declines (refusal.h, with what is known to be missed)
};

/// @param text  the whole answer, in UTF-8
[[nodiscard]] AnswerSignals answer_signals(std::string_view text);

}  // namespace contrans
