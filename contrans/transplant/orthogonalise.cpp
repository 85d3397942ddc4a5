#include "contrans/transplant/orthogonalise.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/symmetric_eigen.h"
#include "contrans/transplant/conflict_matrix.h"
#include "contrans/transplant/vector_combination.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

/// G scaled to a diagonal of ones; `lengths` [k] are the roots of the old one.
MatrixF64 cosines_of(MatrixF64 gram, std::vector<double>& lengths) {
    for (std::size_t i = 0; i < gram.rows(); ++i) {
        if (!(gram(i, i) > 0)) throw Error(ErrorKind::numeric, "orthogonalise: a vector has no length");
        lengths.push_back(std::sqrt(gram(i, i)));
    }
    for (std::size_t i = 0; i < gram.rows(); ++i) {
        for (std::size_t j = 0; j < gram.cols(); ++j) gram(i, j) /= lengths[i] * lengths[j];
    }
    return gram;
}

/// C^(−1/2) = Σ_e w_e^(−1/2) · e·eᵀ.
MatrixF64 inverse_root(MatrixF64 cosines) {
    const SymmetricEigen eigen = symmetric_eigen(std::move(cosines));
    if (eigen.values.front() < kLeastIndependence) {
        char least[32];
        std::snprintf(least, sizeof least, "%.1e", eigen.values.front());
        throw Error(ErrorKind::numeric, std::string("orthogonalise: vectors are collinear, the least eigenvalue of "
                                                    "their whitened cosines must be at least 1e-4 (got ") +
                                            least + ")");
    }
    MatrixF64 scaled = eigen.vectors;
    for (std::size_t e = 0; e < scaled.rows(); ++e) {
        for (double& x : scaled.row(e)) x /= std::sqrt(eigen.values[e]);
    }
    return multiply(eigen.vectors, Op::transposed, scaled, Op::plain);
}

void require_company(std::span<const ControlVector> vectors, const std::vector<LayerIndex>& shared) {
    if (vectors.size() < 2) {
        throw Error(ErrorKind::argument,
                    "orthogonalise: needs at least two vectors, got " + std::to_string(vectors.size()));
    }
    for (const ControlVector& vector : vectors) {
        const bool alone = std::ranges::none_of(vector.layers, [&](const ControlLayer& layer) {
            return std::ranges::find(shared, layer.layer) != shared.end();
        });
        if (!alone) continue;
        throw Error(ErrorKind::argument, "orthogonalise: " + vector.name +
                                             " steers no layer that another vector steers; carry it to one of theirs "
                                             "(contrans transplant --target-layer)");
    }
}

std::string names_of(const LayerMembers& members, std::span<const ControlVector> vectors) {
    std::string names;
    for (const std::size_t v : members.vectors) names += (names.empty() ? "" : ", ") + vectors[v].name;
    return names;
}

MatrixF64 orthonormal_at(LayerIndex layer, const LayerMembers& members, std::span<const ControlVector> vectors,
                         const WhitenedMetric& metric) {
    try {
        return symmetric_orthonormal(members.offsets, metric);
    } catch (const Error& error) {
        throw Error(error.kind(), std::string(error.what()) + ": " + names_of(members, vectors) + " at layer " +
                                      std::to_string(layer.value));
    }
}

/// The new direction at the old length. The coefficient was of the carried direction, which this no longer is.
void replace_offset(ControlVector& vector, LayerIndex at, std::span<const double> direction) {
    ControlLayer& layer = *std::ranges::find(vector.layers, at, &ControlLayer::layer);
    const double factor = norm(std::span<const float>(layer.offset)) / norm(direction);
    for (std::size_t i = 0; i < direction.size(); ++i) layer.offset[i] = static_cast<float>(factor * direction[i]);
    layer.coefficient = 0;
}

void forget_measurements(ControlVector& vector) {
    if (!vector.provenance) return;
    vector.provenance->dev_value.reset();
    vector.provenance->dev_unsteered.reset();
    vector.provenance->kl_nats.reset();
    vector.provenance->effect.reset();
}

/// The vector itself first, then those it was orthogonalised with.
VectorCombination combination_for(std::size_t which, std::span<const ControlVector> vectors) {
    VectorCombination combination{"orthogonalised", {describe_part(vectors[which])}};
    for (std::size_t v = 0; v < vectors.size(); ++v) {
        if (v != which) combination.parts.push_back(describe_part(vectors[v]));
    }
    return combination;
}

}  // namespace

MatrixF64 symmetric_orthonormal(MatrixView vectors, const WhitenedMetric& metric) {
    std::vector<double> lengths;
    const MatrixF64 root = inverse_root(cosines_of(metric.gram(vectors), lengths));
    MatrixF64 unit = to_f64(vectors);
    for (std::size_t r = 0; r < unit.rows(); ++r) {
        for (double& x : unit.row(r)) x /= lengths[r];
    }
    return multiply(root, Op::plain, unit, Op::plain);
}

std::vector<ControlVector> orthogonalise(std::span<const ControlVector> vectors, const LayerMetrics& metrics,
                                         const ModelIdentity& target) {
    const std::vector<LayerIndex> shared = shared_layers(vectors);
    require_company(vectors, shared);
    std::vector<ControlVector> result(vectors.begin(), vectors.end());
    for (const LayerIndex layer : shared) {
        const LayerMembers members = members_at(vectors, layer);
        const MatrixF64 u = orthonormal_at(layer, members, vectors, metric_of(metrics, layer));
        for (std::size_t m = 0; m < members.vectors.size(); ++m)
            replace_offset(result[members.vectors[m]], layer, u.row(m));
    }
    for (std::size_t v = 0; v < result.size(); ++v) {
        forget_measurements(result[v]);
        result[v].target = target;
        result[v].combination = combination_for(v, vectors);
    }
    return result;
}

}  // namespace contrans
