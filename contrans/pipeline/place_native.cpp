#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/pipeline/effect_meter.h"
#include "contrans/pipeline/placement.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/pipeline/transplant.h"

namespace contrans {
namespace {

// Of the layers looked at, those that share a dose: as many as `map` fits target layers for.
constexpr std::size_t kSharing = 3;

/// The layers of the middle half of the depth that the concept has, or those asked for.
std::vector<LayerIndex> layers_to_choose_from(const ConceptVector& source_concept, std::size_t n_layers,
                                              const TransplantRequest& request) {
    std::vector<LayerIndex> layers;
    for (const ConceptLayer& layer : source_concept.layers) {
        const std::size_t k = layer.layer.value;
        const bool middle = 4 * k >= n_layers && 5 * k <= 4 * n_layers;
        const bool asked = std::ranges::count(request.target_layers, layer.layer) != 0;
        if (k > 0 && (request.target_layers.empty() ? middle : asked)) layers.push_back(layer.layer);
    }
    if (layers.empty() || layers.size() < request.target_layers.size())
        throw Error(ErrorKind::argument, "transplant: the concept has no direction at the target layer asked for");
    return layers;
}

std::string joined(const std::vector<SteeredLayer>& layers) {
    std::string text;
    for (const SteeredLayer& layer : layers)
        text += (text.empty() ? "layers " : "+") + std::to_string(layer.layer.value);
    return text;
}

/// Every layer alone, and layers over the upper half of them together; or those asked for.
std::vector<SearchCandidate> candidates_at(const std::vector<SteeredLayer>& layers, const TransplantRequest& request) {
    if (request.target_layers.size() > 1) return {{joined(layers), layers}};
    std::vector<SearchCandidate> candidates;
    for (const SteeredLayer& layer : layers)
        candidates.push_back({"layer " + std::to_string(layer.layer.value), {layer}});
    if (layers.size() < 2 * kSharing) return candidates;
    std::vector<SteeredLayer> together;
    const std::size_t step = layers.size() / (2 * kSharing);
    for (std::size_t i = 0; i < kSharing; ++i)
        together.push_back(layers[layers.size() - 1 - (kSharing - 1 - i) * step]);
    candidates.push_back({joined(together), together});
    return candidates;
}

double quality_of(const ConceptVector& source_concept, const SearchCandidate& candidate) {
    double sum = 0;
    for (const SteeredLayer& steered : candidate.layers) {
        const DirectionQuality& quality = source_concept.at(steered.layer).quality;
        sum += quality.held_out_auc * quality.split_half_cosine;
    }
    return sum / static_cast<double>(candidate.layers.size());
}

SearchCandidate by_refinement(std::size_t refinement, SearchCandidate candidate, const ConceptVector& source_concept) {
    set_refinement(candidate, refinement, source_concept.refinement(refinement));
    for (SteeredLayer& steered : candidate.layers)
        steered.direction = source_concept.at(steered.layer, refinement).direction;
    return candidate;
}

void add_alternatives(std::vector<SearchCandidate>& candidates, const ConceptVector& source_concept) {
    const std::size_t n = candidates.size();
    for (std::size_t r = 1; r <= source_concept.alternatives.size(); ++r) {
        for (std::size_t c = 0; c < n; ++c) candidates.push_back(by_refinement(r, candidates[c], source_concept));
    }
}

/// The label-shuffled directions at the layers that were chosen.
ControlSet controls_of(const ConceptVector& source_concept, const SearchCandidate& chosen,
                       const ModelIdentity& target) {
    ControlSet controls{target, {}};
    const std::size_t draws = source_concept.at(chosen.layers.front().layer, chosen.refinement).shuffled.rows();
    for (std::size_t draw = 0; draw < draws; ++draw) {
        SearchCandidate shuffled = chosen;
        for (SteeredLayer& steered : shuffled.layers) {
            const std::span<const float> row = source_concept.at(steered.layer, chosen.refinement).shuffled.row(draw);
            steered.direction.assign(row.begin(), row.end());
        }
        add_controls(controls, ControlDirection::Kind::shuffled_labels, shuffled,
                     source_concept.refinement(chosen.refinement), draw);
    }
    return controls;
}

}  // namespace

TransplantResult place_native(const ConceptVector& source_concept, const std::shared_ptr<const Model>& target,
                              const Task* task, const TransplantRequest& request, const RunContext& context) {
    require_same_model("concept \"" + source_concept.name + "\" (without a map)", source_concept.source,
                       target->identity(), request.identity);
    if (request.source_layer || request.fit) {
        throw Error(ErrorKind::argument,
                    "transplant: a source layer or fit needs a map; give --map, or the target layer alone");
    }
    std::vector<SteeredLayer> layers;
    for (const LayerSpread& spread :
         measure_spread(target, neutral_texts(request),
                        layers_to_choose_from(source_concept, target->n_layers(), request), request.threads, context))
        layers.push_back({spread.layer, source_concept.at(spread.layer).direction, spread.sigma});

    TransplantResult result;
    result.candidates = candidates_at(layers, request);
    if (task != nullptr) add_alternatives(result.candidates, source_concept);
    const auto quality = [&] {
        Preference preference{"quality", {}};
        for (const SearchCandidate& candidate : result.candidates)
            preference.scores.push_back(quality_of(source_concept, candidate));
        return preference;
    };
    Decision decision = decide(result.candidates, target, task, {}, quality, request, context);
    const SearchCandidate& chosen = result.candidates[decision.candidate];
    result.vector = decided_vector(chosen, decision, source_concept, request, target->identity());
    result.vector.provenance->source_layer = chosen.layers.front().layer;
    result.vector.provenance->fit = "native";
    result.vector.provenance->effect = sign_effect(target, result.vector, request.threads, context);
    result.controls = controls_of(source_concept, chosen, target->identity());
    if (decision.search) result.vector.provenance->search = standing_of(*decision.search, result.candidates);
    result.search = std::move(decision.search);
    return result;
}

}  // namespace contrans
