#pragma once

#include <cstddef>
#include <string>

#include "contrans/registry/audit_record.h"
#include "contrans/registry/database.h"

namespace contrans {

/// What a cut removed.
struct RolloutCut {
    std::size_t answers = 0;   ///< a rating of one of these is refused from now on
    std::size_t outcomes = 0;  ///< of single users; their sums stay
};

/// Retention: removes the answers given before `before`, and the outcomes of single users in stages that are over and
/// saw nobody since. What gates read stays (sums by arm), and so do plans, approvals and steps; how a gate came to
/// its end can then not be drawn any more. The stage that a running rollout is in keeps its outcomes however old they
/// are: a user counts once in it. One transaction with its record in the audit log; nothing to remove: no record.
/// Throws what Database throws.
RolloutCut cut_rollouts(Database& database, Microseconds before, const std::string& actor, Microseconds now);

}  // namespace contrans
