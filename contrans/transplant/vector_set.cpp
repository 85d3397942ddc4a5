#include "contrans/transplant/vector_set.h"

#include <algorithm>
#include <map>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

void add_to(std::vector<float>& sum, std::span<const float> offset) {
    if (sum.empty()) sum.resize(offset.size());
    for (std::size_t i = 0; i < offset.size(); ++i) sum[i] += offset[i];
}

const ControlLayer* layer_of(const ControlVector& vector, LayerIndex layer) {
    const auto found = std::ranges::find(vector.layers, layer, &ControlLayer::layer);
    return found == vector.layers.end() ? nullptr : &*found;
}

void require_equal_width(std::span<const float> offset, std::size_t width, const std::string& name) {
    if (offset.size() == width) return;
    throw Error(ErrorKind::argument, name + ": is " + std::to_string(offset.size()) + " wide, the others are " +
                                         std::to_string(width) + ": vectors of one target are needed");
}

}  // namespace

void require_layer_fits(LayerIndex layer, std::size_t width, const std::string& name, const ModelIdentity& model) {
    if (width == model.d_model && layer.value < model.n_layers) return;
    throw Error(ErrorKind::model, name + ": steers layer " + std::to_string(layer.value) + " with width " +
                                      std::to_string(width) + "; " + describe(model) + " has layers 0 to " +
                                      std::to_string(model.n_layers - 1) + " of width " +
                                      std::to_string(model.d_model));
}

void require_fits(const ControlVector& vector, const std::string& name, const ModelIdentity& model,
                  IdentityMismatch policy) {
    if (vector.target) require_same_model(name, *vector.target, model, policy);
    for (const ControlLayer& layer : vector.layers) require_layer_fits(layer.layer, layer.offset.size(), name, model);
}

std::shared_ptr<const SteeringPlan> combined_plan(std::span<const ControlVector> vectors) {
    std::map<LayerIndex, std::vector<float>> sums;
    for (const ControlVector& vector : vectors) {
        for (const ControlLayer& layer : vector.layers) add_to(sums[layer.layer], layer.offset);
    }
    std::vector<SteeringPlan::Step> steps;
    for (auto& [layer, offset] : sums) steps.push_back({layer, std::move(offset)});
    return steps.empty() ? nullptr : std::make_shared<const SteeringPlan>(std::move(steps));
}

std::vector<LayerIndex> shared_layers(std::span<const ControlVector> vectors) {
    std::map<LayerIndex, std::size_t> steered_by;
    for (const ControlVector& vector : vectors) {
        for (const ControlLayer& layer : vector.layers) ++steered_by[layer.layer];
    }
    std::vector<LayerIndex> layers;
    for (const auto& [layer, n] : steered_by) {
        if (n > 1) layers.push_back(layer);
    }
    return layers;
}

LayerMembers members_at(std::span<const ControlVector> vectors, LayerIndex layer) {
    LayerMembers members;
    for (std::size_t v = 0; v < vectors.size(); ++v) {
        if (layer_of(vectors[v], layer) != nullptr) members.vectors.push_back(v);
    }
    for (std::size_t m = 0; m < members.vectors.size(); ++m) {
        const ControlVector& vector = vectors[members.vectors[m]];
        const std::vector<float>& offset = layer_of(vector, layer)->offset;
        if (m == 0) members.offsets = Matrix(members.vectors.size(), offset.size());
        require_equal_width(offset, members.offsets.cols(), vector.name);
        std::ranges::copy(offset, members.offsets.row(m).begin());
    }
    return members;
}

}  // namespace contrans
