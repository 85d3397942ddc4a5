#pragma once

#include <vector>

#include "apps/server/request_log.h"
#include "contrans/registry/rollout_store.h"

namespace contrans::server {

/// What an answer that a rollout took showed: that its user was there, and each gate of its stage that can be read from
/// the answer alone, in 0..1. Nothing but the first of an answer that the client broke off, that was refused for the
/// client's own fault, or whose steering was switched off in the middle.
[[nodiscard]] std::vector<RolloutOutcome> outcomes_of(const RequestRecord& record);

/// Whether an answer was written to its own end: not broken off, failed, out of time or switched off on the way.
[[nodiscard]] bool came_to_its_end(const RequestRecord& record);

/// What an answer shows of the concepts that steered it to its end, where they were probed. Nothing of one that was
/// broken off, or whose steering was.
[[nodiscard]] std::vector<ConceptProjection> projections_of(const RequestRecord& record);

}  // namespace contrans::server
