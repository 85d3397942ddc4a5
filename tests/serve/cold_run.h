#pragma once

#include <memory>
#include <vector>

#include "contrans/runtime/model.h"
#include "contrans/serve/request_steering.h"
#include "gtest/gtest.h"
#include "tests/serve/served_world.h"

namespace contrans::testing {

/// The naive twin of the scheduler: an engine of its own that reads prompt and answer in one batch, each position
/// steered as the request says, and nothing kept from before.
/// @return ln p of each token of the answer, and of the likeliest token at its place
struct ColdAnswer {
    std::vector<double> logprobs;
    std::vector<double> likeliest;
};
[[nodiscard]] ColdAnswer cold_run(const std::shared_ptr<const Model>& model, const std::vector<Token>& prompt,
                                  const std::vector<Token>& answer, const RequestSteering& steering);

/// Whether an answer is what the cold run says: its logprobs, and of a greedy one that every token was the likeliest
/// (within the tolerance: of two that are as likely either may be taken). Of one that was switched off, what came after
/// is what a cold run of the prompt and all that came before says, unsteered.
/// @param tolerance in nats. Batches of another shape round their sums otherwise, and the f16 cache makes steps of
///        2^-11 of it: over 160,000 tokens the two differed by 2e-4 mostly and by 2.4e-3 at most. A state kept from
///        another steering differs by 3e-2 mostly, and by 1.
[[nodiscard]] ::testing::AssertionResult is_as_cold(const CompletionRequest& request, const Written& written,
                                                    double tolerance = 1e-2,
                                                    const std::shared_ptr<const Model>& model = served_model());

}  // namespace contrans::testing
