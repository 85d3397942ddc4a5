#pragma once

#include <memory>
#include <span>

#include "contrans/runtime/sampler.h"

struct llama_sampler;
struct llama_token_data;

namespace contrans {

/// Follows a grammar token by token.
class GrammarSampler {
public:
    /// Throws Error{argument} when the grammar does not parse.
    GrammarSampler(const Model& model, const Grammar& grammar);

    [[nodiscard]] bool allows(Token token) const;
    /// Sets the logits of tokens that the grammar forbids now to −∞.
    void forbid(std::span<llama_token_data> candidates) const;
    void accept(Token token);

private:
    struct Free {
        void operator()(llama_sampler* sampler) const noexcept;
    };
    std::unique_ptr<llama_sampler, Free> sampler_;
};

}  // namespace contrans
