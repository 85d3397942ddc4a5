#include "contrans/transplant/conflict_matrix.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

/// Products of every two vectors, summed over the layers that both steer.
class PairSums {
public:
    explicit PairSums(std::size_t n) : product_(n, n), own_(n, n) {}

    /// @param gram [members, members], of the vectors at these places
    void add(const std::vector<std::size_t>& members, const MatrixF64& gram, double weight) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            for (std::size_t j = 0; j < members.size(); ++j) {
                product_(members[i], members[j]) += weight * gram(i, j);
                own_(members[i], members[j]) += weight * gram(i, i);
            }
        }
    }

    [[nodiscard]] CosineTable cosines() const {
        CosineTable table(own_.rows(), std::vector<std::optional<double>>(own_.rows()));
        for (std::size_t i = 0; i < table.size(); ++i) {
            for (std::size_t j = 0; j < table.size(); ++j) {
                const double lengths = std::sqrt(own_(i, j) * own_(j, i));
                if (i == j) {
                    table[i][j] = 1;
                } else if (lengths > 0) {
                    table[i][j] = product_(i, j) / lengths;
                }
            }
        }
        return table;
    }

private:
    MatrixF64 product_;  // ⟨i, j⟩
    MatrixF64 own_;      // ⟨i, i⟩ over the layers shared with j
};

MatrixF64 plain_gram(const Matrix& offsets) {
    const MatrixF64 v = to_f64(offsets);
    return multiply(v, Op::plain, v, Op::transposed);
}

void require_lengths(const MatrixF64& gram, const LayerMembers& members, std::span<const ControlVector> vectors,
                     LayerIndex layer) {
    for (std::size_t i = 0; i < gram.rows(); ++i) {
        if (gram(i, i) > 0) continue;
        throw Error(ErrorKind::numeric, "conflict matrix: " + vectors[members.vectors[i]].name +
                                            " has an offset of no length at layer " + std::to_string(layer.value));
    }
}

/// Of a vector that steers the layer and whose file has it; 0: none.
double known_sigma(std::span<const ControlVector> vectors, LayerIndex layer) {
    for (const ControlVector& vector : vectors) {
        for (const ControlLayer& each : vector.layers) {
            if (each.layer == layer && each.sigma > 0) return each.sigma;
        }
    }
    return 0;
}

}  // namespace

const WhitenedMetric& metric_of(const LayerMetrics& metrics, LayerIndex layer) {
    const auto found = metrics.find(layer);
    if (found != metrics.end()) return found->second;
    throw Error(ErrorKind::argument, "whitened metric: none was given for layer " + std::to_string(layer.value));
}

ConflictMatrix conflict_matrix(std::span<const ControlVector> vectors, const LayerMetrics& metrics) {
    PairSums raw(vectors.size());
    PairSums whitened(vectors.size());
    for (const LayerIndex layer : shared_layers(vectors)) {
        const WhitenedMetric& metric = metric_of(metrics, layer);
        const LayerMembers members = members_at(vectors, layer);
        const MatrixF64 gram = plain_gram(members.offsets);
        require_lengths(gram, members, vectors, layer);
        raw.add(members.vectors, gram, 1 / (metric.sigma() * metric.sigma()));
        whitened.add(members.vectors, metric.gram(members.offsets), 1);
    }
    return {raw.cosines(), whitened.cosines()};
}

CosineTable raw_cosines(std::span<const ControlVector> vectors) {
    PairSums raw(vectors.size());
    const std::vector<LayerIndex> layers = shared_layers(vectors);
    const bool any_known =
        std::any_of(layers.begin(), layers.end(), [&](LayerIndex layer) { return known_sigma(vectors, layer) > 0; });
    for (const LayerIndex layer : layers) {
        const double sigma = any_known ? known_sigma(vectors, layer) : 1;
        if (sigma == 0) continue;
        const LayerMembers members = members_at(vectors, layer);
        raw.add(members.vectors, plain_gram(members.offsets), 1 / (sigma * sigma));
    }
    return raw.cosines();
}

}  // namespace contrans
