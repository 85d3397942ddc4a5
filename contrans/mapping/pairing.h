#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace contrans {

/// Tokens of one text in two tokenisations that end at the same character.
struct TokenPairing {
    std::vector<std::size_t> source;  ///< [pairs] token indices, rising
    std::vector<std::size_t> target;  ///< [pairs] the partner of each, rising
    std::size_t n_target_tokens = 0;  ///< target tokens that could have matched: all but the first that hold text

    /// Matched share of those target tokens; 0 when there are none. Sum both counts to pool texts.
    [[nodiscard]] double target_share() const;
};

/// Pairs tokens whose character end offsets coincide.
/// @param source_char_ends, target_char_ends  per token the number of characters of the text up to its end, weakly
///        rising; 0 for tokens that hold no text yet (BOS)
/// Of a run of tokens with one end (a character spelled in byte tokens, zero-width tokens) only the last is paired: it
/// alone has read the whole. The first token of each side is left out, since attention sinks live there.
/// Throws Error{argument} naming the first token whose end lies before its predecessor's.
[[nodiscard]] TokenPairing pair_tokens(std::span<const std::size_t> source_char_ends,
                                       std::span<const std::size_t> target_char_ends);

}  // namespace contrans
