#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "contrans/runtime/tokenizer.h"

namespace contrans {

struct TokenLogit {
    Token token = 0;
    float logit = 0;
};

/// The `n` largest logits, falling; of equal ones the lower token first. NaN is never among them.
/// One pass that looks closely only where a block of logits has one above the n-th so far.
[[nodiscard]] std::vector<TokenLogit> likeliest(std::span<const float> logits, std::size_t n);

/// ln Σ exp(logits), sums in f64.
[[nodiscard]] double log_normaliser(std::span<const float> logits);

}  // namespace contrans
