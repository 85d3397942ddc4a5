#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/core/progress.h"
#include "contrans/evaluation/response_meter.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/control_vector.h"
#include "contrans/transplant/search.h"

namespace contrans {

/// Neutral texts that agreement is told by as evidence, and to choose between candidates without a task.
inline constexpr std::size_t kAgreementTexts = 16;

/// How a model's next words change when it is steered by a concept that was refined in it, by each of its refinements:
/// at the suggested layer, at the dose that costs 0.5 nat on the built-in development texts. Throws what DamageMeter
/// and measure_spread throw, Error{numeric} for a direction without length.
[[nodiscard]] std::vector<WordResponse> own_responses(const ConceptVector& source_concept,
                                                      const std::shared_ptr<const Model>& model, std::size_t threads,
                                                      const RunContext& context);

/// Tells how much a steered target answers as the source does when steered by its own concept, refined the same way:
/// the rank correlation of what happens to the words that both vocabularies know (concepts/word_response.h). It needs
/// no task, and ranks maps as behaviour does better than held-out scores of states do (docs/decisions/criterion.md).
class AgreementMeter {
public:
    /// Refers to `source`. Throws as ResponseMeter does.
    /// @param source  by refinement (SearchCandidate::refinement), the first also for those that have none
    /// @param texts   how many of the neutral ones are looked at
    AgreementMeter(std::span<const WordResponse> source, const std::shared_ptr<const Model>& target,
                   std::span<const std::string> neutral, std::size_t texts, std::size_t threads,
                   const RunContext& context);

    /// Of each trial of these candidates; nothing where the vocabularies share too few words.
    [[nodiscard]] std::optional<std::vector<double>> measure(std::span<const SearchCandidate> candidates,
                                                             std::span<const Trial> trials, const RunContext& context);
    /// The chosen one's agreement beside that of some of its controls, all at its dose.
    [[nodiscard]] std::optional<AgreementEvidence> evidence(const SearchCandidate& chosen, double dose,
                                                            std::span<const SearchCandidate> shuffled_map,
                                                            std::span<const SearchCandidate> shuffled_labels,
                                                            const RunContext& context);

private:
    [[nodiscard]] const WordResponse& source_of(const SearchCandidate& candidate) const;

    std::span<const WordResponse> source_;
    std::size_t texts_;
    ResponseMeter meter_;
};

}  // namespace contrans
