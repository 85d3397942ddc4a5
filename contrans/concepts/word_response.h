#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"

namespace contrans {

/// What steering by a direction does to a model's next word: a fingerprint of the concept that needs no task, and that
/// two models with different vocabularies have in common.
struct WordResponse {
    LayerIndex layer;                ///< where it was steered, the deepest of several
    double dose = 0;                 ///< in units of the layers' spread, summed over them
    std::vector<std::string> words;  ///< sorted, each once
    std::vector<float> change;       ///< [words] mean change of the log-probability that the word comes next

    friend bool operator==(const WordResponse&, const WordResponse&) = default;
};

/// Spearman's rank correlation of the changes of the words that both know; nothing where they share fewer than
/// kFewestSharedWords or either does not change at all. Ties get their mean rank.
inline constexpr std::size_t kFewestSharedWords = 100;
[[nodiscard]] std::optional<double> agreement(const WordResponse& a, const WordResponse& b);

/// The `n` words whose probability rises most, the most first; `suppressed`: falls most.
[[nodiscard]] std::vector<std::string> promoted_words(const WordResponse& response, std::size_t n);
[[nodiscard]] std::vector<std::string> suppressed_words(const WordResponse& response, std::size_t n);

/// The `n` words that rise most and the `n` that fall most, sorted; all of them where there are no more than 2·n.
[[nodiscard]] WordResponse strongest_words(const WordResponse& response, std::size_t n);

}  // namespace contrans
