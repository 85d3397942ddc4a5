#include "contrans/transplant/candidate.h"

#include <string>
#include <utility>

#include "contrans/transplant/dose.h"

namespace contrans {

SearchCandidate named_by_layers(std::vector<SteeredLayer> layers) {
    std::string label;
    for (const SteeredLayer& steered : layers)
        label += (label.empty() ? "layer " : "+") + std::to_string(steered.layer.value);
    return {std::move(label), std::move(layers)};
}

void set_refinement(SearchCandidate& candidate, std::size_t refinement, const Refinement& how) {
    candidate.label += ", " + to_string(how);
    candidate.refinement = refinement;
}

LayerSet layer_set(const SearchCandidate& candidate) {
    LayerSet layers;
    for (const SteeredLayer& steered : candidate.layers) layers.push_back(steered.layer);
    return layers;
}

std::vector<ControlLayer> layers_at_dose(const SearchCandidate& candidate, double dose) {
    const double share = dose / static_cast<double>(candidate.layers.size());
    std::vector<ControlLayer> layers;
    for (const SteeredLayer& steered : candidate.layers) {
        layers.push_back({steered.layer, offset_for_dose(steered.direction, share, steered.sigma), share,
                          coefficient_for_dose(steered.direction, share, steered.sigma), steered.sigma});
    }
    return layers;
}

std::shared_ptr<const SteeringPlan> plan_of(const SearchCandidate& candidate, double dose) {
    if (dose == 0) return nullptr;
    std::vector<SteeringPlan::Step> steps;
    for (ControlLayer& layer : layers_at_dose(candidate, dose)) steps.push_back({layer.layer, std::move(layer.offset)});
    return std::make_shared<const SteeringPlan>(std::move(steps));
}

double total_dose(const std::vector<ControlLayer>& layers) {
    double sum = 0;
    for (const ControlLayer& layer : layers) sum += layer.dose;
    return sum;
}

}  // namespace contrans
