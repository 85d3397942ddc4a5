#include "contrans/pipeline/native_candidates.h"

#include <map>
#include <set>
#include <utility>

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

std::map<TextPosition, TextStates> read_at(std::span<const Refinement> refinements,
                                           const std::shared_ptr<const Model>& target, std::span<const Text> texts,
                                           const HarvestOptions& options, const RunContext& context) {
    std::set<TextPosition> wanted;
    for (const Refinement& how : refinements) wanted.insert(how.position);
    const std::vector<TextPosition> positions(wanted.begin(), wanted.end());
    std::vector<TextStates> read = harvest_texts(target, texts, positions, options, context);
    std::map<TextPosition, TextStates> states;
    for (std::size_t i = 0; i < positions.size(); ++i) states.emplace(positions[i], std::move(read[i]));
    return states;
}

/// @param states  of the positive texts and then the negative ones
Directions refine_layers(const TextStates& states, const ContrastPairs& pairs, RefineMethod method) {
    const std::size_t n = pairs.positive.size();
    Directions directions;
    for (std::size_t l = 0; l < states.layers.size(); ++l) {
        const Matrix& m = states.states[l];
        const MatrixView positive{m.data(), n, m.cols()};
        const MatrixView negative{m.data() + n * m.cols(), m.rows() - n, m.cols()};
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
    std::vector<Text> texts = pairs.positive;
    texts.insert(texts.end(), pairs.negative.begin(), pairs.negative.end());
    const std::map<TextPosition, TextStates> states = read_at(refinements, target, texts, {layers, threads}, context);
    std::vector<SearchCandidate> candidates;
    for (std::size_t r = 0; r < refinements.size(); ++r) {
        const auto [method, position] = refinements[r];
        const Directions directions = refine_layers(states.at(position), pairs, method);
        for (std::size_t s = 0; s < sets.size(); ++s) {
            std::vector<SteeredLayer> steered;
            for (const LayerIndex layer : sets[s]) steered.push_back({layer, directions.at(layer), sigma_of(layer)});
            SearchCandidate& candidate = candidates.emplace_back(named_by_layers(std::move(steered)));
            candidate.refinement = r;
            if (r == 0) continue;
            candidate.label += ", " + to_string(refinements[r]);
            candidate.variant_of = s;
        }
    }
    return candidates;
}

}  // namespace contrans
