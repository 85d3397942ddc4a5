#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "contrans/core/model_identity.h"
#include "contrans/pipeline/interference.h"
#include "contrans/transplant/conflict_matrix.h"

namespace contrans::cli {

/// All that `conflicts` found out.
struct Conflicts {
    ModelIdentity target;
    std::vector<TaskedVector> vectors;
    LayerMetrics metrics;
    ConflictMatrix matrix;
    InterferenceReport interference;
    std::vector<std::string> written;  ///< files of the orthogonalised vectors, in the vectors' order; empty: none
};

[[nodiscard]] nlohmann::ordered_json to_json(const Conflicts& conflicts, double seconds);
[[nodiscard]] std::string to_text(const Conflicts& conflicts, double seconds);

}  // namespace contrans::cli
