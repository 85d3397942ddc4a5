#include "contrans/pipeline/transplant.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/shingles.h"
#include "contrans/core/version.h"
#include "contrans/pipeline/behaviour_search.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/transplant/dose.h"

namespace contrans {
namespace {

// A copied text brings its own run of words for every word after the seventh; phrases of templates alone stay below.
constexpr double kLeakShare = 0.02;
constexpr double kLeakRuns = 4;

/// What a request leaves to choose from. `entries` is empty for a concept refined in the target itself.
struct Choices {
    std::vector<const MapEntry*> entries;
    std::vector<SearchCandidate> candidates;  // one an entry, or one a layer
};

void refuse_leak(const ConceptVector& source_concept, const MapSet& maps, LeakPolicy policy) {
    const double share = share_contained(source_concept.text_shingles, maps.corpus_shingles);
    const double runs = share * static_cast<double>(source_concept.text_shingles.size());
    if (policy == LeakPolicy::allow || (share < kLeakShare && runs < kLeakRuns)) return;
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.1f%%", 100 * share);
    throw Error(ErrorKind::argument,
                "transplant: " + std::string(percent) + " of the word runs of concept \"" + source_concept.name +
                    "\" stand in the map's corpus; such a map reproduces the native vector by algebra. Fit "
                    "the map on other texts, or say --allow-leak");
}

double sigma_of(const MapSet& maps, LayerIndex layer) {
    const auto scale = std::find_if(maps.target_scale.begin(), maps.target_scale.end(),
                                    [layer](const LayerScale& s) { return s.layer == layer; });
    if (scale == maps.target_scale.end()) {
        throw Error(ErrorKind::format,
                    "transplant: the map set knows no spread of target layer " + std::to_string(layer.value));
    }
    return scale->sigma;
}

std::string label_of(const MapEntry& entry) {
    return std::to_string(entry.source_layer.value) + "→" + std::to_string(entry.target_layer.value) + " " +
           to_string(entry.kind);
}

bool wanted(const MapEntry& entry, const TransplantRequest& request) {
    return (!request.source_layer || *request.source_layer == entry.source_layer) &&
           (!request.target_layer || *request.target_layer == entry.target_layer) &&
           (!request.fit || *request.fit == entry.kind);
}

/// Maps may begin at more layers than the concept was read at.
bool begins_where_read(const MapEntry& entry, const ConceptVector& source_concept, const TransplantRequest& request) {
    return request.source_layer || std::ranges::find(source_concept.layers, entry.source_layer, &ConceptLayer::layer) !=
                                       source_concept.layers.end();
}

std::string offered(const MapSet& maps) {
    std::string text;
    for (const MapEntry& entry : maps.entries) text += (text.empty() ? "" : ", ") + label_of(entry);
    return text;
}

Choices choices_for(const ConceptVector& source_concept, const MapSet& maps, const TransplantRequest& request) {
    Choices choices;
    for (const MapEntry& entry : maps.entries) {
        // A control vector has no direction for block 0.
        if (!wanted(entry, request) || entry.target_layer.value == 0) continue;
        if (!begins_where_read(entry, source_concept, request)) continue;
        choices.entries.push_back(&entry);
        choices.candidates.push_back({label_of(entry), entry.target_layer,
                                      entry.map.map_direction(source_concept.at(entry.source_layer).direction),
                                      sigma_of(maps, entry.target_layer)});
    }
    if (choices.entries.empty()) {
        throw Error(
            ErrorKind::argument,
            "transplant: the map set has no map for the concept's layers, or the layers and fit asked for; it has " +
                offered(maps));
    }
    return choices;
}

/// What was decided, and how.
struct Decision {
    std::size_t candidate = 0;
    double dose = 0;
    std::string chosen_by;
    std::optional<SearchResult> search;
    std::optional<double> unsteered;
    double kl_nats = 0;
};

Decision decide_by_behaviour(const Choices& choices, const std::shared_ptr<const Model>& target, const Task& task,
                             std::span<const std::string> neutral, const TransplantRequest& request,
                             const RunContext& context) {
    BehaviourSearch search(target, task, neutral, {request.budget_nats, request.dose, request.seed, request.threads},
                           context);
    SearchResult result = search.run("search " + request.name, choices.candidates, context);
    return {result.best.candidate, result.best.dose, "behaviour", result, search.unsteered(), result.kl_nats};
}

/// The map that carries differences best, or natively the layer with the best direction.
std::size_t best_by_evidence(const ConceptVector& source_concept, const Choices& choices) {
    const auto evidence = [&](std::size_t i) {
        if (!choices.entries.empty()) return choices.entries[i]->evidence.directional;
        const DirectionQuality& quality = source_concept.at(choices.candidates[i].target_layer).quality;
        return quality.held_out_auc * quality.split_half_cosine;
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < choices.candidates.size(); ++i) best = evidence(i) > evidence(best) ? i : best;
    return best;
}

/// Without a task: the best evidence, at the dose that costs the budget (or the one given).
Decision decide_by_evidence(const ConceptVector& source_concept, const Choices& choices,
                            const std::shared_ptr<const Model>& target, std::span<const std::string> neutral,
                            const TransplantRequest& request, const RunContext& context) {
    const std::size_t chosen = best_by_evidence(source_concept, choices);
    const SearchCandidate& candidate = choices.candidates[chosen];
    DamageMeter damage(target, neutral, {.texts = 0, .positions = 1, .threads = request.threads}, context);
    const SearchProbes probes{{}, [&](std::span<const Trial> trials) {
                                  const std::shared_ptr<const SteeringPlan> plan =
                                      plan_of(candidate, trials.front().dose);
                                  return std::vector<double>{damage.measure({&plan, 1}, context).front().kl_nats};
                              }};
    const LayerIndex layer = candidate.target_layer;
    const double dose =
        request.dose ? *request.dose : doses_at_budget({&layer, 1}, probes, request.budget_nats).front();
    const Trial trial{0, dose};
    const bool given = choices.candidates.size() == 1 && request.dose;
    return {chosen,       dose,         given ? "given" : "directional",
            std::nullopt, std::nullopt, probes.damage({&trial, 1}).front()};
}

TransplantProvenance provenance_of(const ConceptVector& source_concept, const Decision& decision) {
    TransplantProvenance provenance;
    provenance.concept_name = source_concept.name;
    provenance.method = to_string(source_concept.method) + "/" + to_string(source_concept.position);
    provenance.source = source_concept.source;
    provenance.chosen_by = decision.chosen_by;
    if (decision.search) provenance.dev_value = decision.search->outcome.value;
    provenance.dev_unsteered = decision.unsteered;
    provenance.kl_nats = decision.kl_nats;
    provenance.tool_version = kVersion;
    return provenance;
}

void add_map_evidence(TransplantProvenance& provenance, const MapSet& maps, const MapEntry& entry) {
    provenance.source_layer = entry.source_layer;
    provenance.fit = to_string(entry.kind);
    provenance.held_out_r2 = entry.evidence.held_out_r2;
    provenance.directional = entry.evidence.directional;
    provenance.token_match = maps.token_match;
    provenance.map_rows = entry.evidence.rows;
}

/// The layers of the middle half of the depth that the concept has, or the one asked for.
Choices native_choices(const ConceptVector& source_concept, const std::shared_ptr<const Model>& target,
                       std::span<const std::string> neutral, const TransplantRequest& request,
                       const RunContext& context) {
    std::vector<LayerIndex> layers;
    for (const ConceptLayer& layer : source_concept.layers) {
        const std::size_t k = layer.layer.value;
        const bool middle = 4 * k >= target->n_layers() && 5 * k <= 4 * target->n_layers();
        if (k > 0 && (request.target_layer ? layer.layer == *request.target_layer : middle))
            layers.push_back(layer.layer);
    }
    if (layers.empty())
        throw Error(ErrorKind::argument, "transplant: the concept has no direction at the target layer asked for");
    Choices choices;
    for (const LayerSpread& spread : measure_spread(target, neutral, layers, request.threads, context)) {
        choices.candidates.push_back({"layer " + std::to_string(spread.layer.value), spread.layer,
                                      source_concept.at(spread.layer).direction, spread.sigma});
    }
    return choices;
}

Decision decide(const ConceptVector& source_concept, const Choices& choices, const std::shared_ptr<const Model>& target,
                const Task* task, std::span<const std::string> neutral, const TransplantRequest& request,
                const RunContext& context) {
    return task != nullptr ? decide_by_behaviour(choices, target, *task, neutral, request, context)
                           : decide_by_evidence(source_concept, choices, target, neutral, request, context);
}

ControlVector vector_of(const SearchCandidate& candidate, double dose, const std::string& name,
                        const ModelIdentity& target) {
    ControlVector vector;
    vector.name = name;
    vector.target = target;
    vector.layers = {{candidate.target_layer, offset_for_dose(candidate.direction, dose, candidate.sigma), dose,
                      coefficient_for_dose(candidate.direction, dose, candidate.sigma), candidate.sigma}};
    return vector;
}

std::span<const std::string> neutral_texts(const TransplantRequest& request) {
    return request.neutral.empty() ? neutral_development_texts() : std::span<const std::string>(request.neutral);
}

/// The shuffled fit of every entry that stood for choice, and the chosen map's image of every label-shuffled direction.
ControlSet controls_of(const ConceptVector& source_concept, const Choices& choices, std::size_t chosen,
                       const ModelIdentity& target) {
    ControlSet controls{target, {}};
    for (std::size_t i = 0; i < choices.entries.size(); ++i) {
        const MapEntry& entry = *choices.entries[i];
        controls.directions.push_back({ControlDirection::Kind::shuffled_map, entry.target_layer,
                                       entry.shuffled.map_direction(source_concept.at(entry.source_layer).direction),
                                       choices.candidates[i].sigma});
    }
    const MapEntry& entry = *choices.entries[chosen];
    const Matrix& shuffled = source_concept.at(entry.source_layer).shuffled;
    for (std::size_t draw = 0; draw < shuffled.rows(); ++draw) {
        controls.directions.push_back({ControlDirection::Kind::shuffled_labels, entry.target_layer,
                                       entry.map.map_direction(shuffled.row(draw)), choices.candidates[chosen].sigma});
    }
    return controls;
}

}  // namespace

TransplantResult transplant(const ConceptVector& source_concept, const MapSet& maps,
                            const std::shared_ptr<const Model>& target, const Task* task,
                            const TransplantRequest& request, const RunContext& context) {
    require_same_model("map", maps.source, source_concept.source, request.identity);
    require_same_model("map", maps.target, target->identity(), request.identity);
    refuse_leak(source_concept, maps, request.leak);
    Choices choices = choices_for(source_concept, maps, request);
    Decision decision = decide(source_concept, choices, target, task, neutral_texts(request), request, context);

    TransplantResult result;
    result.vector = vector_of(choices.candidates[decision.candidate], decision.dose, request.name, target->identity());
    result.vector.provenance = provenance_of(source_concept, decision);
    add_map_evidence(*result.vector.provenance, maps, *choices.entries[decision.candidate]);
    result.controls = controls_of(source_concept, choices, decision.candidate, target->identity());
    result.search = std::move(decision.search);
    result.candidates = std::move(choices.candidates);
    return result;
}

TransplantResult place_native(const ConceptVector& source_concept, const std::shared_ptr<const Model>& target,
                              const Task* task, const TransplantRequest& request, const RunContext& context) {
    require_same_model("concept \"" + source_concept.name + "\" (without a map)", source_concept.source,
                       target->identity(), request.identity);
    if (request.source_layer || request.fit) {
        throw Error(ErrorKind::argument,
                    "transplant: a source layer or fit needs a map; give --map, or the target layer alone");
    }
    Choices choices = native_choices(source_concept, target, neutral_texts(request), request, context);
    Decision decision = decide(source_concept, choices, target, task, neutral_texts(request), request, context);

    TransplantResult result;
    const SearchCandidate& candidate = choices.candidates[decision.candidate];
    result.vector = vector_of(candidate, decision.dose, request.name, target->identity());
    result.vector.provenance = provenance_of(source_concept, decision);
    result.vector.provenance->source_layer = candidate.target_layer;
    result.vector.provenance->fit = "native";
    result.controls.target = target->identity();
    const Matrix& shuffled = source_concept.at(candidate.target_layer).shuffled;
    for (std::size_t draw = 0; draw < shuffled.rows(); ++draw) {
        const std::span<const float> row = shuffled.row(draw);
        result.controls.directions.push_back({ControlDirection::Kind::shuffled_labels,
                                              candidate.target_layer,
                                              {row.begin(), row.end()},
                                              candidate.sigma});
    }
    result.search = std::move(decision.search);
    result.candidates = std::move(choices.candidates);
    return result;
}

}  // namespace contrans
