#include "contrans/pipeline/control_candidates.h"

#include <algorithm>
#include <map>
#include <utility>

#include "contrans/evaluation/results.h"

namespace contrans {
namespace {

using Group = std::vector<const ControlDirection*>;

/// The directions of one kind, those that steer together side by side, rising in layer.
std::map<std::size_t, Group> groups_of(const ControlSet& controls, ControlDirection::Kind kind) {
    std::map<std::size_t, Group> groups;
    for (const ControlDirection& control : controls.directions) {
        if (control.kind == kind) groups[control.group].push_back(&control);
    }
    for (auto& [number, group] : groups) std::ranges::sort(group, {}, &ControlDirection::target_layer);
    return groups;
}

bool steers_layers_of(const Group& group, const ControlVector& treatment) {
    return std::ranges::equal(group, treatment.layers, {}, &ControlDirection::target_layer, &ControlLayer::layer);
}

}  // namespace

std::vector<SearchCandidate> shuffled_map_candidates(const ControlSet& controls,
                                                     const std::function<double(LayerIndex)>& sigma_of) {
    const std::vector<Refinement> refinements = refinements_of(controls);
    std::vector<SearchCandidate> candidates;
    for (const auto& [_, group] : groups_of(controls, ControlDirection::Kind::shuffled_map)) {
        std::vector<SteeredLayer> layers;
        for (const ControlDirection* control : group) {
            layers.push_back({control->target_layer, control->direction,
                              control->sigma > 0 ? control->sigma : sigma_of(control->target_layer)});
        }
        SearchCandidate& candidate = candidates.emplace_back(named_by_layers(std::move(layers)));
        candidate.fit = group.front()->fit;
        const auto how = std::ranges::find(refinements, group.front()->how);
        const auto refinement = static_cast<std::size_t>(how - refinements.begin());
        if (how != refinements.end() && refinement != 0) set_refinement(candidate, refinement, *how);
    }
    return candidates;
}

std::vector<Refinement> refinements_of(const ControlSet& controls) {
    std::vector<Refinement> refinements;
    for (const ControlDirection& control : controls.directions) {
        if (control.kind == ControlDirection::Kind::shuffled_map && control.how &&
            std::ranges::find(refinements, *control.how) == refinements.end())
            refinements.push_back(*control.how);
    }
    return refinements;
}

DrawnDirections shuffled_label_draws(const ControlSet& controls, const ControlVector& treatment) {
    DrawnDirections directions{role::kShuffledLabels, {}};
    for (const auto& [number, group] : groups_of(controls, ControlDirection::Kind::shuffled_labels)) {
        if (!steers_layers_of(group, treatment)) continue;
        directions.draws.emplace_back();
        for (const ControlDirection* control : group) directions.draws.back().push_back(control->direction);
    }
    return directions;
}

std::vector<LayerSet> layer_sets(std::span<const SearchCandidate> candidates) {
    std::vector<LayerSet> sets;
    for (const SearchCandidate& candidate : candidates) {
        if (LayerSet set = layer_set(candidate); std::ranges::find(sets, set) == sets.end())
            sets.push_back(std::move(set));
    }
    return sets;
}

}  // namespace contrans
