#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "contrans/runtime/sequence_request.h"

namespace contrans::bench {

/// Prompts as few-shot tasks have them: all begin with the same examples, each ends with a question of its own.
struct FewShotShape {
    std::size_t prompts = 400;
    std::size_t shared_tokens = 280;
    std::size_t own_tokens = 25;  ///< at most
};

/// Cut from the texts' tokens: the first texts joined are the examples, the others' beginnings the questions.
[[nodiscard]] std::vector<SequenceRequest> few_shot_prompts(std::span<const SequenceRequest> texts,
                                                            const FewShotShape& shape);

}  // namespace contrans::bench
