#pragma once

#include <cstddef>
#include <vector>

#include "contrans/cluster/communicator.h"
#include "contrans/linalg/matrix.h"

namespace contrans::bench {

/// Seconds of each part of a fit over ranks, on this rank; the fit's are rank 0's.
struct PlantedTimes {
    double gram = 0;
    double cross = 0;
    double reduce = 0;
    double eigen = 0;
    double products = 0;
};

struct PlantedResult {
    PlantedTimes times;
    Matrix map;                ///< rank 0's: [d, d], fitted
    double planted_error = 0;  ///< rank 0's: ‖fitted − planted‖ / ‖planted‖
};

/// Rows x of a spread that falls over the dimensions, and y = A·x with noise of 1%, for one layer pair of width d:
/// every rank draws its own of `rows` rows (the same rows whatever the number of ranks), sums XᵀX and XᵀY, and rank 0
/// solves for A from the sums of all by an eigendecomposition.
[[nodiscard]] PlantedResult run_planted_job(std::size_t d, std::size_t rows, Communicator& ranks);

}  // namespace contrans::bench
