#include "contrans/pipeline/placement.h"

#include <algorithm>
#include <utility>

#include "contrans/core/version.h"
#include "contrans/pipeline/behaviour_search.h"
#include "contrans/pipeline/budget_dose.h"
#include "contrans/pipeline/neutral_texts.h"

namespace contrans {
namespace {

Decision decide_by_behaviour(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                             const Task& task, std::span<const WordResponse> source, const TransplantRequest& request,
                             const RunContext& context) {
    BehaviourSearch search(target, task, neutral_texts(request),
                           {request.budget_nats, request.dose, request.seed, request.threads}, context);
    SearchResult result = search.run("search " + request.name, candidates, source, context);
    return {result.best.candidate, result.best.dose, "behaviour", result, search.unsteered(), result.kl_nats};
}

Decision decide_by_preference(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                              const Preference& preference, const TransplantRequest& request,
                              const RunContext& context) {
    const std::vector<double>& scores = preference.scores;
    const auto chosen = static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
    const SearchCandidate& candidate = candidates[chosen];
    DamageMeter damage(target, neutral_texts(request), {.texts = 0, .positions = 1, .threads = request.threads},
                       context);
    const double dose =
        request.dose ? *request.dose : budget_doses({&candidate, 1}, damage, request.budget_nats, context).front();
    const std::shared_ptr<const SteeringPlan> plan = plan_of(candidate, dose);
    const bool given = candidates.size() == 1 && request.dose;
    return {chosen,       dose,         given ? "given" : preference.name,
            std::nullopt, std::nullopt, damage.measure({&plan, 1}, context).front().kl_nats};
}

/// Its place in the first rung, from 1.
std::optional<std::size_t> first_rank(const SearchResult& search) {
    const auto of_chosen = std::ranges::find(search.first, search.best.candidate,
                                             [](const TriedDose& tried) { return tried.trial.candidate; });
    if (of_chosen == search.first.end()) return std::nullopt;
    const auto better = [&](const TriedDose& tried) {
        return rank_score(tried.outcome) > rank_score(of_chosen->outcome);
    };
    return 1 + static_cast<std::size_t>(std::ranges::count_if(search.first, better));
}

}  // namespace

std::span<const std::string> neutral_texts(const TransplantRequest& request) {
    return request.neutral.empty() ? neutral_development_texts() : std::span<const std::string>(request.neutral);
}

Decision decide(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                const Task* task, std::span<const WordResponse> source, const std::function<Preference()>& preference,
                const TransplantRequest& request, const RunContext& context) {
    return task != nullptr ? decide_by_behaviour(candidates, target, *task, source, request, context)
                           : decide_by_preference(candidates, target, preference(), request, context);
}

SearchStanding standing_of(const SearchResult& search, std::span<const SearchCandidate> candidates) {
    SearchStanding standing;
    standing.candidates = candidates.size();
    standing.agreeing = search.agreeing;
    standing.trials = search.trials;
    standing.first_rank = first_rank(search);
    for (const TriedDose& tried : search.last) {
        if (tried.trial.candidate == search.best.candidate) continue;
        if (standing.runner_up_value && tried.outcome.value <= *standing.runner_up_value) continue;
        standing.runner_up = candidates[tried.trial.candidate].label;
        standing.runner_up_value = tried.outcome.value;
    }
    return standing;
}

ControlVector decided_vector(const SearchCandidate& candidate, const Decision& decision,
                             const ConceptVector& source_concept, const TransplantRequest& request,
                             const ModelIdentity& target) {
    TransplantProvenance provenance;
    provenance.concept_name = source_concept.name;
    provenance.method = to_string(source_concept.refinement(candidate.refinement));
    provenance.source = source_concept.source;
    provenance.chosen_by = decision.chosen_by;
    if (decision.search) provenance.dev_value = decision.search->outcome.value;
    provenance.dev_unsteered = decision.unsteered;
    provenance.kl_nats = decision.kl_nats;
    provenance.tool_version = kVersion;
    return {.name = request.name,
            .target = target,
            .provenance = std::move(provenance),
            .combination = std::nullopt,
            .layers = layers_at_dose(candidate, decision.dose)};
}

void add_controls(ControlSet& controls, ControlDirection::Kind kind, const SearchCandidate& candidate,
                  const Refinement& how, std::size_t group) {
    for (const SteeredLayer& steered : candidate.layers)
        controls.directions.push_back(
            {kind, steered.layer, steered.direction, steered.sigma, group, how, candidate.fit});
}

}  // namespace contrans
