#include "contrans/pipeline/native_candidates.h"

#include <map>
#include <set>
#include <utility>

#include "contrans/concepts/pooled_states.h"
#include "contrans/concepts/refinement.h"
#include "contrans/harvest/harvester.h"

namespace contrans {
namespace {

using Directions = std::map<LayerIndex, std::vector<float>>;

std::vector<LayerIndex> all_layers(std::span<const LayerSet> sets) {
    std::set<LayerIndex> layers;
    for (const LayerSet& set : sets) layers.insert(set.begin(), set.end());
    return {layers.begin(), layers.end()};
}

std::set<TextPosition> positions_of(std::span<const Refinement> refinements) {
    std::set<TextPosition> positions;
    for (const Refinement& how : refinements) positions.insert(how.position);
    return positions;
}

/// @param states  of the positive texts and then the negative ones
Directions refine_layers(const TextStates& states, const ContrastPairs& pairs, RefineMethod method) {
    Directions directions;
    for (std::size_t l = 0; l < states.layers.size(); ++l) {
        const auto [positive, negative] = split_classes(states.states[l].view(), pairs.positive.size());
        directions[states.layers[l]] =
            refine_direction(positive, negative, {.method = method, .pairing = pairs.pairing});
    }
    return directions;
}

}  // namespace

std::vector<SearchCandidate> native_candidates(const std::shared_ptr<const Model>& target, const ContrastPairs& pairs,
                                               std::span<const Refinement> refinements, std::span<const LayerSet> sets,
                                               const std::function<double(LayerIndex)>& sigma_of, std::size_t threads,
                                               const RunContext& context) {
    const std::vector<LayerIndex> layers = all_layers(sets);
    const std::map<TextPosition, TextStates> states =
        harvest_texts(target, both_classes(pairs), positions_of(refinements), {layers, threads}, context);
    std::vector<SearchCandidate> candidates;
    for (std::size_t r = 0; r < refinements.size(); ++r) {
        const auto [method, position] = refinements[r];
        const Directions directions = refine_layers(states.at(position), pairs, method);
        for (std::size_t s = 0; s < sets.size(); ++s) {
            std::vector<SteeredLayer> steered;
            for (const LayerIndex layer : sets[s]) steered.push_back({layer, directions.at(layer), sigma_of(layer)});
            SearchCandidate& candidate = candidates.emplace_back(named_by_layers(std::move(steered)));
            if (r != 0) set_refinement(candidate, r, refinements[r]);
        }
    }
    return candidates;
}

}  // namespace contrans
