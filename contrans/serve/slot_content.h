#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "contrans/runtime/steering.h"
#include "contrans/runtime/tokenizer.h"
#include "contrans/serve/request_steering.h"

namespace contrans {

/// What a sequence of the engine holds: which tokens were read, and how each was steered. The state at a position
/// depends on exactly that up to there.
class SlotContent {
public:
    using Plan = RequestSteering::Plan;

    [[nodiscard]] std::size_t size() const { return tokens_.size(); }
    void append(Token token, const Plan& plan);
    void cut(std::size_t size);
    /// The first positions that were read unsteered.
    [[nodiscard]] std::size_t unsteered_beginning() const;
    /// The first positions of a prompt that were read as this request would read them.
    [[nodiscard]] std::size_t agreement(std::span<const Token> prompt, const RequestSteering& steering) const;

private:
    std::vector<Token> tokens_;
    std::vector<Plan> plans_;  // of each token; null: unsteered
};

}  // namespace contrans
