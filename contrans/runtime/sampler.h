#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "contrans/runtime/tokenizer.h"

namespace contrans {

class Model;

/// A grammar that every answer follows, from its beginning or from where one of the triggers appears.
struct Grammar {
    std::string gbnf;  ///< llama.cpp's GBNF with a rule `root`; empty: none
    std::vector<std::string>
        trigger_words;                  ///< regular expressions over the answer so far; see llama.cpp's lazy grammars
    std::vector<Token> trigger_tokens;  ///< with neither: from the beginning
    std::string begun;                  ///< text that the grammar has read before the answer begins; empty: none
    friend bool operator==(const Grammar&, const Grammar&) = default;
};

/// How the next token is drawn. The order is llama-server's: bias and penalties, top_k, typical_p, top_p, min_p,
/// temperature.
struct SamplerOptions {
    double temperature = 0.8;         ///< 0: the likeliest token
    std::size_t top_k = 40;           ///< 0: off
    double top_p = 0.95;              ///< 1: off
    double min_p = 0.05;              ///< 0: off
    double typical_p = 1;             ///< 1: off
    double repetition_penalty = 1;    ///< divides positive logits of tokens seen, multiplies negative ones; 1: off
    double presence_penalty = 0;      ///< taken off the logit of tokens seen; 0: off
    double frequency_penalty = 0;     ///< the same for each time it was seen; 0: off
    std::size_t penalty_window = 64;  ///< the last tokens, prompt included, that count as seen
    std::vector<std::pair<Token, double>> logit_bias;  ///< added to logits; −∞ bans a token
    std::optional<std::uint32_t> seed;                 ///< nothing: another one every time
    Grammar grammar;
};

/// Throws Error{argument} for a value out of its range, and for a bias of a token that is none of the vocabulary's.
void require_valid(const SamplerOptions& options, std::size_t vocabulary_size);

/// A token and ln of its probability under the model's own logits, before any option above.
struct ScoredToken {
    Token token = 0;
    double logprob = 0;
};

/// Draws the tokens of one answer. Not thread-safe; many may share a Model.
class Sampler {
public:
    /// Throws as require_valid, and Error{argument} when the grammar does not parse.
    Sampler(std::shared_ptr<const Model> model, SamplerOptions options);
    ~Sampler();
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;

    /// Tokens that count as seen without having been drawn: the prompt.
    void see(std::span<const Token> prompt);
    /// Draws a token and counts it as seen. @param logits [vocabulary]; they are not copied. Throws Error{numeric} when
    /// no logit is finite or the grammar allows no token.
    [[nodiscard]] Token sample(std::span<const float> logits);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// ln p of one token and of the `n` likeliest, falling; natural logarithms of softmax(logits), sums in f64.
struct Logprobs {
    double chosen = 0;
    std::vector<ScoredToken> top;
};
[[nodiscard]] Logprobs logprobs_of(std::span<const float> logits, Token chosen, std::size_t n);

/// Throws Error{argument} when llama.cpp cannot parse it.
void require_grammar(const Model& model, const Grammar& grammar);

}  // namespace contrans
