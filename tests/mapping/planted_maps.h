#pragma once

#include <string>
#include <utility>
#include <vector>

#include "contrans/mapping/map_set.h"
#include "tests/linalg/random_matrix.h"

namespace contrans::testing {

inline ModelIdentity planted_model(char fingerprint, std::size_t d_model) {
    return {std::string(64, fingerprint), std::string(1, fingerprint), "llama", d_model, 30};
}

inline AffineMap random_map(std::size_t rows, std::size_t cols, RandomEngine& random) {
    const Matrix b = random_matrix(1, rows, random);
    return {random_matrix(rows, cols, random), {b.row(0).begin(), b.row(0).end()}};
}

struct PlantedPair {
    std::size_t from;
    std::size_t to;
    FitKind kind;
};

inline MapSet planted_maps(const ModelIdentity& source, const ModelIdentity& target,
                           const std::vector<PlantedPair>& pairs, unsigned seed) {
    RandomEngine random(seed);
    MapSet maps;
    maps.source = source;
    maps.target = target;
    maps.n_texts = 100 + seed;
    maps.token_match = 0.9;
    maps.corpus_shingles = {1, 10 + seed};
    for (const PlantedPair& pair : pairs) {
        maps.similarity.push_back({LayerIndex{pair.from}, LayerIndex{pair.to}, 0.5});
        maps.target_scale.push_back({LayerIndex{pair.to}, 2.0 + static_cast<double>(pair.to)});
        maps.entries.push_back({LayerIndex{pair.from},
                                LayerIndex{pair.to},
                                pair.kind,
                                random_map(target.d_model, source.d_model, random),
                                random_map(target.d_model, source.d_model, random),
                                {.rows = 1000 + seed, .rank = 3, .penalty = 1, .held_out_r2 = 0.5, .directional = 1}});
    }
    return maps;
}

}  // namespace contrans::testing
