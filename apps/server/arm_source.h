#pragma once

#include <memory>
#include <vector>

#include "contrans/rollout/rollout_plan.h"
#include "contrans/serve/request_steering.h"

namespace contrans::server {

/// What gives a rollout's arms: a shelf of concepts, or engines that have them built in. Used by many threads at a
/// time.
class ArmSource {
public:
    virtual ~ArmSource() = default;

    /// What an arm's requests get. Throws Error{argument} saying why it cannot be given as planned.
    [[nodiscard]] virtual RequestSteering steering(const std::vector<PlannedConcept>& concepts) const = 0;

    /// What steering() would be made from now: while these are the same objects, so is what it gives or says. Kept, so
    /// that no other object takes the place of one. Null: something is not there.
    using Material = std::vector<std::shared_ptr<const void>>;
    [[nodiscard]] virtual Material material(const std::vector<PlannedConcept>& concepts) const = 0;
};

}  // namespace contrans::server
