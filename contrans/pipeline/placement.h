#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/pipeline/transplant.h"
#include "contrans/transplant/candidate.h"

namespace contrans {

/// Which candidate at which dose, and how that was decided.
struct Decision {
    std::size_t candidate = 0;
    double dose = 0;
    std::string chosen_by;  ///< "behaviour", "directional" or "given"
    std::optional<SearchResult> search;
    std::optional<double> unsteered;
    double kl_nats = 0;
};

/// The request's neutral texts, or the built-in ones.
[[nodiscard]] std::span<const std::string> neutral_texts(const TransplantRequest& request);

/// By behaviour on the task's items under the damage budget; without a task the candidate of the highest evidence, at
/// the dose that costs the budget or the one given.
/// @param evidence  of a candidate, by its place: the higher, the better
[[nodiscard]] Decision decide(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                              const Task* task, const std::function<double(std::size_t)>& evidence,
                              const TransplantRequest& request, const RunContext& context);

/// The vector that was decided on, with what is known of it without its map.
[[nodiscard]] ControlVector decided_vector(const SearchCandidate& candidate, const Decision& decision,
                                           const ConceptVector& source_concept, const TransplantRequest& request,
                                           const ModelIdentity& target);

/// One kind's directions of one group (ControlDirection::group).
void add_controls(ControlSet& controls, ControlDirection::Kind kind, const SearchCandidate& candidate,
                  std::size_t group);

}  // namespace contrans
