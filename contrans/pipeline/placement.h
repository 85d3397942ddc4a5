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
#include "contrans/transplant/control_set.h"

namespace contrans {

/// Which candidate at which dose, and how that was decided.
struct Decision {
    std::size_t candidate = 0;
    double dose = 0;
    std::string chosen_by;  ///< "behaviour", "given" or the preference's name
    std::optional<SearchResult> search;
    std::optional<double> unsteered;
    double kl_nats = 0;
};

/// The request's neutral texts, or the built-in ones.
[[nodiscard]] std::span<const std::string> neutral_texts(const TransplantRequest& request);

/// What one candidate is preferred to another by where there is no task.
struct Preference {
    std::string name;
    std::vector<double> scores;  ///< of the candidates: the higher, the better
};

/// By behaviour on the task's items under the damage budget; without a task the candidate that is preferred, at the
/// dose that costs the budget or the one given.
/// @param source      its own responses, which candidates have to agree with where there is a task; empty: they need
/// not
/// @param preference  called where there is no task
[[nodiscard]] Decision decide(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                              const Task* task, std::span<const WordResponse> source,
                              const std::function<Preference()>& preference, const TransplantRequest& request,
                              const RunContext& context);

/// Where the choice stood among the candidates. @param search  of these candidates
[[nodiscard]] SearchStanding standing_of(const SearchResult& search, std::span<const SearchCandidate> candidates);

/// The vector that was decided on, with what is known of it without its map.
[[nodiscard]] ControlVector decided_vector(const SearchCandidate& candidate, const Decision& decision,
                                           const ConceptVector& source_concept, const TransplantRequest& request,
                                           const ModelIdentity& target);

/// One kind's directions of one group (ControlDirection::group).
void add_controls(ControlSet& controls, ControlDirection::Kind kind, const SearchCandidate& candidate,
                  const Refinement& how, std::size_t group);

}  // namespace contrans
