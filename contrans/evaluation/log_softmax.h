#pragma once

#include <span>

namespace contrans {

/// log Σ exp(x), computed around the largest element. f32 exponentials, f64 sum. `x` is not empty.
[[nodiscard]] double log_sum_exp(std::span<const float> x);

/// KL(p ‖ q) in nats of two softmax distributions given as logits of the same length.
[[nodiscard]] double kl_divergence(std::span<const float> p_logits, std::span<const float> q_logits);

}  // namespace contrans
