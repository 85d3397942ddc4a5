#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/concepts/word_response.h"
#include "contrans/core/progress.h"
#include "contrans/evaluation/next_token_reader.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

/// Tokens that stand for a whole word: a space and then two letters or more (bytes past ASCII count as letters).
struct WordTokens {
    std::vector<std::string> words;  ///< sorted, each once, without the space
    std::vector<Token> tokens;       ///< [words]
};
[[nodiscard]] WordTokens word_tokens(const Tokenizer& tokenizer);

/// Measures what steering does to the next word after beginnings of neutral texts.
///
/// Construction reads the unsteered model once and keeps the words' log-probabilities [texts, words]. Throws as
/// NextTokenReader does. One thread at a time.
class ResponseMeter {
public:
    ResponseMeter(std::shared_ptr<const Model> model, std::span<const std::string> texts,
                  const NextTokenOptions& options, const RunContext& context);

    /// One response a steering, its layer and dose left to the caller: mean over the texts of
    /// log p(word | steered) − log p(word | unsteered). All are decoded together.
    [[nodiscard]] std::vector<WordResponse> measure(std::span<const std::shared_ptr<const SteeringPlan>> steerings,
                                                    const RunContext& context);

    [[nodiscard]] std::size_t n_words() const { return words_.words.size(); }
    /// Of the unsteered model: mean −log p of the texts' own next tokens at the places looked at, in nats.
    [[nodiscard]] double neutral_loss() const { return neutral_loss_; }

private:
    NextTokenReader reader_;
    WordTokens words_;
    double neutral_loss_ = 0;
    Matrix unsteered_;  // [texts, words] log-probabilities
};

}  // namespace contrans
