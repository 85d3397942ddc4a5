#include "bench/cluster/cost_model.h"

namespace contrans::bench {
namespace {

// All tokens, and each text's last one.
constexpr double kSets = 2;
// Eigendecompositions of a source layer: two (training, all rows) in each of three bases (tokens, last tokens about
// their mean, last tokens as they are).
constexpr double kDecompositions = 6;
// Products of d_source² · d_target a pair: three projections in each basis, and two maps for each of five kinds of fit.
constexpr double kProducts = 19;

}  // namespace

std::size_t tree_steps(std::size_t ranks) {
    std::size_t steps = 0;
    for (std::size_t reached = 1; reached < ranks; reached *= 2) ++steps;
    return steps;
}

double set_bytes(std::size_t source_layers, std::size_t pairs, std::size_t d_source, std::size_t d_target) {
    const auto s = static_cast<double>(d_source);
    const auto t = static_cast<double>(d_target);
    return 8 * (2 * static_cast<double>(source_layers) * s * s + 3 * static_cast<double>(pairs) * s * t);
}

Cost cost_of(const MapJob& job, const Machine& machine) {
    const auto s = static_cast<double>(job.d_source);
    const auto t = static_cast<double>(job.d_target);
    const auto layers = static_cast<double>(job.source_layers);
    const auto pairs = static_cast<double>(job.pairs);
    const double own = 1 / static_cast<double>(job.ranks);
    const double rows = job.rows + job.texts;
    Cost cost;
    cost.statistics_bytes = kSets * set_bytes(job.source_layers, job.pairs, job.d_source, job.d_target);
    cost.read_seconds = own * 2 * job.parameters * job.rows / machine.read_flops;
    // Every row once in a fold's products, and once more in the torn ones.
    cost.sum_seconds = own * rows * (layers * s * s / machine.gram_flops + 2 * pairs * 2 * s * t / machine.cross_flops);
    cost.reduce_seconds = static_cast<double>(tree_steps(job.ranks)) * cost.statistics_bytes / machine.network_bytes;
    cost.fit_seconds = layers * kDecompositions * s * s * s / machine.eigen_flops +
                       pairs * kProducts * 2 * s * s * t / machine.gemm_flops;
    return cost;
}

}  // namespace contrans::bench
