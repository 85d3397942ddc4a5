#include "contrans/transplant/average.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/transplant/dose.h"
#include "contrans/transplant/vector_combination.h"

namespace contrans {
namespace {

// Below this share of n the unit vectors cancel, and what is left is noise.
constexpr double kLeastAgreement = 1e-3;

using LayersAt = std::vector<const ControlLayer*>;  // one a vector

/// The layer of every vector, or nothing when one does not steer it.
LayersAt layers_at(std::span<const ControlVector> vectors, LayerIndex layer) {
    LayersAt layers;
    for (const ControlVector& vector : vectors) {
        const auto found = std::ranges::find(vector.layers, layer, &ControlLayer::layer);
        if (found == vector.layers.end()) return {};
        layers.push_back(&*found);
    }
    return layers;
}

std::string at_layer(LayerIndex layer) { return " at layer " + std::to_string(layer.value); }

/// +1 or −1 as all doses are, those of unknown dose aside.
double sense_of(const LayersAt& layers) {
    double sense = 0;
    for (const ControlLayer* layer : layers) {
        if (layer->dose == 0) continue;
        const double own = layer->dose < 0 ? -1 : 1;
        if (sense != 0 && own != sense) {
            throw Error(ErrorKind::argument, "average: doses are of opposite sign" + at_layer(layer->layer) +
                                                 ", so that one vector steers away from what another steers to");
        }
        sense = own;
    }
    return sense;
}

std::vector<float> sum_of_units(const LayersAt& layers) {
    std::vector<float> sum(layers.front()->offset.size());
    for (const ControlLayer* layer : layers) {
        if (layer->offset.size() != sum.size()) {
            throw Error(ErrorKind::argument, "average: widths differ, " + std::to_string(sum.size()) + " and " +
                                                 std::to_string(layer->offset.size()));
        }
        const std::vector<float> unit = offset_for_dose(layer->offset, 1, 1);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += unit[i];
    }
    return sum;
}

double mean_length(const LayersAt& layers) {
    double sum = 0;
    for (const ControlLayer* layer : layers) sum += norm(std::span<const float>(layer->offset));
    return sum / static_cast<double>(layers.size());
}

/// σ is the target's, whoever measured it: the first that is known.
double sigma_of(const LayersAt& layers) {
    const auto known = std::ranges::find_if(layers, [](const ControlLayer* layer) { return layer->sigma > 0; });
    return known == layers.end() ? 0 : (*known)->sigma;
}

ControlLayer average_layer(const LayersAt& layers) {
    const std::vector<float> sum = sum_of_units(layers);
    const LayerIndex layer = layers.front()->layer;
    if (norm(std::span<const float>(sum)) < kLeastAgreement * static_cast<double>(layers.size()))
        throw Error(ErrorKind::numeric, "average: the vectors cancel" + at_layer(layer));
    const double length = mean_length(layers);
    const double sigma = sigma_of(layers);
    const double dose = sigma > 0 ? sense_of(layers) * length / sigma : 0;
    return {layer, offset_for_dose(sum, length, 1), dose, 0, sigma};
}

void require_one_target(std::span<const ControlVector> vectors, IdentityMismatch policy) {
    if (vectors.size() < 2) {
        throw Error(ErrorKind::argument, "average: needs at least two vectors, got " + std::to_string(vectors.size()));
    }
    const auto first = std::ranges::find_if(vectors, [](const ControlVector& v) { return v.target.has_value(); });
    for (const ControlVector& vector : vectors) {
        if (!vector.target) continue;
        require_same_model(vector.name + " (averaged with " + first->name + ")", *vector.target, *first->target,
                           policy);
    }
}

}  // namespace

ControlVector average(std::span<const ControlVector> vectors, const std::string& name, IdentityMismatch policy) {
    require_one_target(vectors, policy);
    ControlVector result;
    result.name = name;
    result.combination = VectorCombination{"averaged", {}};
    for (const ControlVector& vector : vectors) {
        if (vector.target) result.target = vector.target;
        result.combination->parts.push_back(describe_part(vector));
    }
    for (const ControlLayer& layer : vectors.front().layers) {
        const LayersAt layers = layers_at(vectors, layer.layer);
        if (!layers.empty()) result.layers.push_back(average_layer(layers));
    }
    if (result.layers.empty()) {
        throw Error(ErrorKind::argument,
                    "average: the vectors steer no layer in common; carry them to one (contrans transplant "
                    "--target-layer)");
    }
    return result;
}

}  // namespace contrans
