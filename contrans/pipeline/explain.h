#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/explanation.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

struct ExplainRequest {
    std::vector<std::string> texts;    ///< to be coloured, token by token; may be empty
    std::vector<std::string> neutral;  ///< what layers and words are measured on; empty: the built-in test texts
    std::size_t words = 20;            ///< promoted and suppressed ones each
    IdentityMismatch identity = IdentityMismatch::refuse;
    std::size_t threads = 0;  ///< 0: one per core
};

/// Looks at the target with and without the vector: what moves in every layer, which words become likelier after
/// neutral beginnings, what each steered layer contributes, and where along the concept a text's tokens lie.
/// Throws Error{model} for a vector of another model, Error{argument} for a vector without layers, and what reading
/// throws.
[[nodiscard]] Explanation explain(const std::shared_ptr<const Model>& target, const ControlVector& vector,
                                  const ExplainRequest& request, const RunContext& context);

}  // namespace contrans
