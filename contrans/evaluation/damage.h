#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/linalg/matrix.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/sequence_runner.h"
#include "contrans/runtime/steering.h"

namespace contrans {

/// What a steering does to texts that have nothing to do with its concept.
struct Damage {
    double kl_nats = 0;           ///< mean KL(unsteered ‖ steered) of the next token, in nats
    double perplexity_ratio = 1;  ///< steered over unsteered perplexity of the same texts' own next tokens
};

struct DamageOptions {
    std::size_t texts = 0;      ///< how many of the texts to use, from the first; 0: all
    std::size_t positions = 1;  ///< positions a text at which the next token is looked at
    std::size_t threads = 0;    ///< 0: one per core
};

/// Measures damage on beginnings of neutral texts.
///
/// A text is looked at after (k + 1) / (positions + 1) of its tokens, k = 0 … positions − 1, and read no further.
/// Construction reads the unsteered model once and keeps its logits (positions × vocabulary floats).
/// Throws Error{argument} when there is no text of at least 4 tokens. One thread at a time.
class DamageMeter {
public:
    DamageMeter(std::shared_ptr<const Model> model, std::span<const std::string> texts, const DamageOptions& options,
                const RunContext& context);

    /// @return one Damage a steering. All are decoded together.
    [[nodiscard]] std::vector<Damage> measure(std::span<const std::shared_ptr<const SteeringPlan>> steerings,
                                              const RunContext& context);
    /// Next tokens looked at a steering.
    [[nodiscard]] std::size_t n() const { return next_tokens_.size(); }

private:
    std::shared_ptr<const Model> model_;
    std::vector<SequenceRequest> requests_;
    std::vector<std::size_t> first_row_;  // [texts] a text's first row among the next tokens
    std::vector<Token> next_tokens_;
    Matrix unsteered_;  // [next tokens, vocabulary] logits
    std::unique_ptr<Engine> engine_;
};

}  // namespace contrans
