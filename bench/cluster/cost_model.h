#pragma once

#include <cstddef>

namespace contrans::bench {

/// What one rank's machine does in a second.
struct Machine {
    double gram_flops = 0;     ///< f64, XᵀX counted as n·d² (one triangle)
    double cross_flops = 0;    ///< f32 in blocks, XᵀY counted as 2·n·d_s·d_t
    double gemm_flops = 0;     ///< f64 products of the fit
    double eigen_flops = 0;    ///< one symmetric eigendecomposition counted as d³
    double network_bytes = 0;  ///< between two ranks, sums of what arrives included
    double read_flops = 0;     ///< of the models, 2 a parameter and token
};

/// A map that is fitted on a corpus.
struct MapJob {
    std::size_t ranks = 1;
    double rows = 0;        ///< paired tokens
    double texts = 0;       ///< each also has one row of its last token
    double parameters = 0;  ///< of both models
    std::size_t source_layers = 1;
    std::size_t pairs = 1;  ///< of layers
    std::size_t d_source = 0;
    std::size_t d_target = 0;
};

/// Bytes a rank holds and sends, and seconds of each part of the job.
struct Cost {
    double statistics_bytes = 0;
    double read_seconds = 0;
    double sum_seconds = 0;  ///< Gram and cross products of the rank's own rows
    double reduce_seconds = 0;
    double fit_seconds = 0;  ///< on rank 0
};

/// Levels of the binary tree over the ranks.
[[nodiscard]] std::size_t tree_steps(std::size_t ranks);

/// f64 sums of one set of rows: per source layer two Gram matrices (training, held out), per pair of layers three cross
/// products (training, held out, torn).
[[nodiscard]] double set_bytes(std::size_t source_layers, std::size_t pairs, std::size_t d_source,
                               std::size_t d_target);

/// docs/cluster.md has the formulas.
[[nodiscard]] Cost cost_of(const MapJob& job, const Machine& machine);

}  // namespace contrans::bench
