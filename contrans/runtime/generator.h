#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/runtime/engine.h"

namespace contrans {

struct SamplingOptions {
    std::size_t max_tokens = 64;
    double temperature = 0;  ///< 0: greedy
    std::size_t top_k = 64;  ///< tokens kept before top_p, a sort of the whole vocabulary spared; ignored when greedy
    double top_p = 0.95;     ///< 1: off; ignored when greedy
    std::uint32_t seed = 0;
};

struct GenerationRequest {
    std::vector<Token> prompt;
    std::shared_ptr<const SteeringPlan> steering;  ///< null: unsteered; applied to prompt and answer alike
    std::size_t max_tokens = 0;                    ///< of this answer; 0: as the sampling says
};

/// Continues every prompt, several at a time in one batch (each with its own steering). Request i draws from seed + i,
/// so its text does not depend on the others but for kernel tolerance.
/// @return the continuations in the order of requests, end tokens left out.
/// Throws Error{argument} when a prompt is empty or with its answer does not fit the context, Error{interrupted} on a
/// stop.
[[nodiscard]] std::vector<std::string> generate(const std::shared_ptr<const Model>& model,
                                                std::span<const GenerationRequest> requests,
                                                const SamplingOptions& sampling, std::size_t threads,
                                                const RunContext& context);

}  // namespace contrans
