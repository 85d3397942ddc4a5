#pragma once

#include <memory>
#include <string>
#include <vector>

#include "contrans/serve/concept_shelf.h"
#include "contrans/serve/scheduler.h"

namespace contrans::testing {

/// The tiny source model with three concepts on its shelf: "calm" (layer 2), "loud" (layers 1 and 3) and "dry" (layer
/// 2), all of σ = 2 and random directions.
[[nodiscard]] const std::shared_ptr<const Model>& served_model();
[[nodiscard]] const ConceptShelf& served_shelf();

/// A vector of the tiny source model. @param doses per layer, of σ = 2
[[nodiscard]] ControlVector served_vector(const std::vector<std::pair<std::size_t, double>>& layer_doses,
                                          unsigned seed);

/// Steering by choices from the shelf, at any dose.
[[nodiscard]] RequestSteering steering_by(const std::vector<ConceptChoice>& choices);

/// Small and with one thread.
[[nodiscard]] SchedulerOptions small_scheduler(std::size_t slots = 4);

/// Greedy, reports the logprobs of every token, never ends by itself.
[[nodiscard]] CompletionRequest greedy(std::vector<Token> prompt, std::size_t max_tokens,
                                       RequestSteering steering = {});
[[nodiscard]] std::vector<Token> tokens_of(const std::string& text);

struct Written {
    std::string text;
    std::vector<TokenReport> tokens;
    CompletionEnd end;

    [[nodiscard]] std::vector<Token> ids() const;
};
/// Reads a stream to its end.
[[nodiscard]] Written read_all(CompletionStream& stream);
/// Must not be refused.
[[nodiscard]] std::shared_ptr<CompletionStream> submitted(Scheduler& scheduler, CompletionRequest request);
[[nodiscard]] Written written(Scheduler& scheduler, CompletionRequest request);

}  // namespace contrans::testing
