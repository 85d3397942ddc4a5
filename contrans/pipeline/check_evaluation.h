#pragma once

#include <span>

#include "contrans/pipeline/evaluate.h"
#include "contrans/runtime/model.h"

namespace contrans {

/// Throws what evaluate says that it throws of its arguments, before anything is read.
void check_evaluation(const Model& target, std::span<const Treatment> treatments, const EvaluateRequest& request);

}  // namespace contrans
