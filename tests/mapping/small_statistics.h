#pragma once

#include <vector>

#include "contrans/mapping/pair_statistics.h"
#include "tests/linalg/random_matrix.h"

namespace contrans::testing {

/// Rows of two source layers and two target layers, 5 a document, far from zero.
struct SmallRows {
    std::vector<Matrix> x;  ///< of layers 1 and 2, [rows, 4]
    std::vector<Matrix> y;  ///< of layers 3 and 5, [rows, 3]
    RowPlan plan;
};

inline const std::vector<LayerPair>& small_pairs() {
    static const std::vector<LayerPair> pairs = {
        {LayerIndex{1}, LayerIndex{3}}, {LayerIndex{1}, LayerIndex{5}}, {LayerIndex{2}, LayerIndex{5}}};
    return pairs;
}

inline SmallRows small_rows(std::size_t rows, std::uint64_t seed) {
    RandomEngine engine(seed);
    SmallRows small;
    for (int layer = 0; layer < 2; ++layer) {
        small.x.push_back(random_matrix(rows, 4, engine));
        small.y.push_back(random_matrix(rows, 3, engine));
        for (std::size_t r = 0; r < rows; ++r) {
            small.x.back()(r, 0) += 20;
            small.y.back()(r, 2) += small.x.back()(r, 1) - 7;
        }
    }
    std::vector<std::size_t> document;
    for (std::size_t r = 0; r < rows; ++r) document.push_back(r / 5);
    small.plan = plan_rows(document, {.seed = seed});
    return small;
}

inline PairStatistics statistics_of(const SmallRows& rows) {
    PairStatistics statistics;
    statistics.pairs = small_pairs();
    statistics.lots = rows.plan.lots;
    for (const Matrix& x : rows.x) statistics.sources.push_back(source_statistics(x, rows.plan));
    for (const Matrix& y : rows.y)
        statistics.target_layers.push_back(LayerRows(y, rows.plan, "target").train_moments());
    for (std::size_t p = 0; p < statistics.pairs.size(); ++p) {
        const std::size_t source = statistics.source_of(p);
        const Matrix& y = rows.y[statistics.pairs[p].target == LayerIndex{3} ? 0 : 1];
        statistics.targets.push_back(target_statistics(rows.x[source], y, rows.plan));
    }
    return statistics;
}

}  // namespace contrans::testing
