#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/text_columns.h"
#include "contrans/core/model_identity.h"
#include "contrans/evaluation/results.h"
#include "contrans/transplant/control_vector.h"

namespace contrans::cli {

/// A vector that raises refusal or truthfulness, as `--against` names it.
struct SafetyReference {
    std::string file;
    ControlVector vector;
};

/// What `inspect` may judge a vector's safety by, beside the vector itself.
struct SafetySources {
    std::vector<EvaluationReport> reports;
    std::vector<SafetyReference> references;
};

/// Of that cosine or lower at a layer, a vector counts as pointing away from a reference.
inline constexpr double kOpposedCosine = -0.2;

/// What is known of a vector's effect on refusal and truthfulness (docs/safety.md).
struct SafetySummary {
    std::vector<Fact> facts;  ///< for people; at least one
    nlohmann::ordered_json json;
};

/// Flags: a safeguard's concept at a negative dose; a report's flag on a vector of this name and target; a reference at
/// kOpposedCosine or lower at a layer that both steer. Throws Error{model} for a reference of another target unless
/// `policy` allows, Error{argument} for one that shares no layer.
[[nodiscard]] SafetySummary summarise_safety(const ControlVector& vector, const SafetySources& sources,
                                             IdentityMismatch policy);

}  // namespace contrans::cli
