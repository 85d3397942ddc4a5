#include "contrans/pipeline/placement.h"

#include <utility>

#include "contrans/core/version.h"
#include "contrans/pipeline/behaviour_search.h"
#include "contrans/pipeline/neutral_texts.h"

namespace contrans {
namespace {

Decision decide_by_behaviour(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                             const Task& task, const TransplantRequest& request, const RunContext& context) {
    BehaviourSearch search(target, task, neutral_texts(request),
                           {request.budget_nats, request.dose, request.seed, request.threads}, context);
    SearchResult result = search.run("search " + request.name, candidates, context);
    return {result.best.candidate, result.best.dose, "behaviour", result, search.unsteered(), result.kl_nats};
}

std::size_t best_by_evidence(std::size_t n_candidates, const std::function<double(std::size_t)>& evidence) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < n_candidates; ++i) best = evidence(i) > evidence(best) ? i : best;
    return best;
}

Decision decide_by_evidence(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                            const std::function<double(std::size_t)>& evidence, const TransplantRequest& request,
                            const RunContext& context) {
    const std::size_t chosen = best_by_evidence(candidates.size(), evidence);
    const SearchCandidate& candidate = candidates[chosen];
    DamageMeter damage(target, neutral_texts(request), {.texts = 0, .positions = 1, .threads = request.threads},
                       context);
    const SearchProbes probes{{}, [&](std::span<const Trial> trials) {
                                  const std::shared_ptr<const SteeringPlan> plan =
                                      plan_of(candidate, trials.front().dose);
                                  return std::vector<double>{damage.measure({&plan, 1}, context).front().kl_nats};
                              }};
    const LayerSet layers = layer_set(candidate);
    const double dose =
        request.dose ? *request.dose : doses_at_budget({&layers, 1}, probes, request.budget_nats).front();
    const Trial trial{0, dose};
    const bool given = candidates.size() == 1 && request.dose;
    return {chosen,       dose,         given ? "given" : "directional",
            std::nullopt, std::nullopt, probes.damage({&trial, 1}).front()};
}

}  // namespace

std::span<const std::string> neutral_texts(const TransplantRequest& request) {
    return request.neutral.empty() ? neutral_development_texts() : std::span<const std::string>(request.neutral);
}

Decision decide(std::span<const SearchCandidate> candidates, const std::shared_ptr<const Model>& target,
                const Task* task, const std::function<double(std::size_t)>& evidence, const TransplantRequest& request,
                const RunContext& context) {
    return task != nullptr ? decide_by_behaviour(candidates, target, *task, request, context)
                           : decide_by_evidence(candidates, target, evidence, request, context);
}

ControlVector decided_vector(const SearchCandidate& candidate, const Decision& decision,
                             const ConceptVector& source_concept, const TransplantRequest& request,
                             const ModelIdentity& target) {
    TransplantProvenance provenance;
    provenance.concept_name = source_concept.name;
    provenance.method = to_string(source_concept.method) + "/" + to_string(source_concept.position);
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
                  std::size_t group) {
    for (const SteeredLayer& steered : candidate.layers)
        controls.directions.push_back({kind, steered.layer, steered.direction, steered.sigma, group});
}

}  // namespace contrans
