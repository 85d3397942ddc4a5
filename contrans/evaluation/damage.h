#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/next_token_reader.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

/// What a steering does to texts that have nothing to do with its concept.
struct Damage {
    double kl_nats = 0;           ///< mean KL(unsteered ‖ steered) of the next token, in nats
    double perplexity_ratio = 1;  ///< steered over unsteered perplexity of the same texts' own next tokens
};

/// Measures damage on beginnings of neutral texts (next_token_reader.h).
///
/// Construction reads the unsteered model once and keeps its logits (positions × vocabulary floats).
/// Throws Error{argument} when there is no text of at least 4 tokens. One thread at a time.
class DamageMeter {
public:
    DamageMeter(std::shared_ptr<const Model> model, std::span<const std::string> texts, const NextTokenOptions& options,
                const RunContext& context);

    /// @return one Damage a steering. All are decoded together.
    [[nodiscard]] std::vector<Damage> measure(std::span<const std::shared_ptr<const SteeringPlan>> steerings,
                                              const RunContext& context);
    /// Of logits on top of the unsteered ones. @param added  [n, vocabulary or fewer]
    /// Throws Error{argument} for other rows or more columns.
    [[nodiscard]] Damage of_added(const Matrix& added) const;
    /// Next tokens looked at a steering.
    [[nodiscard]] std::size_t n() const { return reader_.rows(); }

private:
    NextTokenReader reader_;
    Matrix unsteered_;  // [next tokens, vocabulary] logits
};

}  // namespace contrans
