#pragma once

#include <string>
#include <utility>
#include <vector>

#include "contrans/linalg/products.h"
#include "contrans/transplant/control_vector.h"
#include "contrans/transplant/whitened_metric.h"

namespace contrans::testing {

inline ModelIdentity planted_target(char fingerprint = 'b', std::size_t d_model = 2) {
    return {std::string(64, fingerprint), "Target", "gemma3", d_model, 18};
}

/// Steers the layers given; σ is 2, doses follow from the lengths.
inline ControlVector planted(const std::string& name,
                             const std::vector<std::pair<std::size_t, std::vector<float>>>& offsets) {
    ControlVector vector;
    vector.name = name;
    vector.target = planted_target('b', offsets.front().second.size());
    vector.provenance = TransplantProvenance{};
    vector.provenance->concept_name = name;
    vector.provenance->source = {std::string(64, 'a'), "Small", "llama", 5, 30};
    vector.provenance->fit = "token-plain";
    vector.provenance->kl_nats = 0.3;
    for (const auto& [layer, offset] : offsets) {
        const double dose = norm(std::span<const float>(offset)) / 2;
        vector.layers.push_back({LayerIndex{layer}, offset, dose, 1, 2});
    }
    return vector;
}

/// A metric whose covariance is diagonal.
inline WhitenedMetric diagonal_metric(const std::vector<double>& variances) {
    MatrixF64 covariance(variances.size(), variances.size());
    for (std::size_t i = 0; i < variances.size(); ++i) covariance(i, i) = variances[i];
    return WhitenedMetric(ShrunkCovariance{std::move(covariance), 0.1, 50});
}

}  // namespace contrans::testing
