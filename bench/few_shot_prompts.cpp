#include "bench/few_shot_prompts.h"

#include <algorithm>

namespace contrans::bench {

std::vector<SequenceRequest> few_shot_prompts(std::span<const SequenceRequest> texts, const FewShotShape& shape) {
    std::vector<Token> shared;
    std::size_t next = 0;
    for (; shared.size() < shape.shared_tokens; ++next) {
        const std::vector<Token>& tokens = texts[next].tokens;
        shared.insert(shared.end(), tokens.begin(), tokens.end());
    }
    shared.resize(shape.shared_tokens);

    std::vector<SequenceRequest> prompts(shape.prompts);
    for (SequenceRequest& prompt : prompts) {
        const std::vector<Token>& question = texts[next++ % texts.size()].tokens;
        prompt.tokens = shared;
        const std::size_t own = std::min(question.size(), shape.own_tokens);
        prompt.tokens.insert(prompt.tokens.end(), question.begin(),
                             question.begin() + static_cast<std::ptrdiff_t>(own));
    }
    return prompts;
}

}  // namespace contrans::bench
