#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace contrans {

/// A slot that has tokens to be read.
struct PendingSlot {
    std::size_t slot = 0;
    std::size_t tokens = 0;   ///< to be read; 1 for an answer in the making
    std::size_t arrival = 0;  ///< rising in the order of admission
    enum class Kind { answering, reading } kind = Kind::reading;
};

struct BatchRoom {
    std::size_t rows = 0;  ///< of one batch
    /// Most rows of one or two prompts in a batch that answers wait for; half as many more for each further prompt, as
    /// more people wait for their first token then.
    std::size_t beside_answers = 0;
};

/// How many tokens of a slot the next batch reads.
struct BatchShare {
    std::size_t slot = 0;
    std::size_t tokens = 0;
    friend bool operator==(const BatchShare&, const BatchShare&) = default;
};

/// Answers first, a row each. Of the room that is left the prompt that came first is given a quarter, so that none
/// starves; the rest goes to the shortest, which gives the soonest first tokens on average.
[[nodiscard]] std::vector<BatchShare> plan_batch(std::span<const PendingSlot> pending, const BatchRoom& room);

}  // namespace contrans
