#pragma once

#include "contrans/rollout/rollout_plan.h"

namespace soci {
class session;
}

namespace contrans {

/// A plan whose arms name personas, with the concepts of exactly one version of each written into it, inside of the
/// caller's transaction: what is rolled out does not change when the persona does. An arm that names no version gets
/// the newest of now. Throws Error{argument} for a persona that is not there, that does more than add its concepts to
/// every token, or, where the plan has its concepts already, that says other ones; and for a plan that breaks a rule
/// with them.
[[nodiscard]] RolloutPlan with_personas(soci::session& session, const RolloutPlan& plan);

}  // namespace contrans
