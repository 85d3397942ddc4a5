#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "contrans/runtime/steering.h"
#include "contrans/runtime/tokenizer.h"

namespace contrans {

/// One text to be read once from its beginning.
struct SequenceRequest {
    std::vector<Token> tokens;
    std::vector<std::size_t> logit_positions;      ///< rising; the logits after these positions are wanted
    std::shared_ptr<const SteeringPlan> steering;  ///< null: unsteered; applied at every position
};

}  // namespace contrans
