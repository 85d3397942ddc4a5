#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/registry/audit_record.h"
#include "contrans/rollout/arm_assignment.h"
#include "contrans/rollout/gate_reading.h"
#include "contrans/rollout/rollout_status.h"

namespace soci {
class session;
}

namespace contrans {

// The statements of rollouts: each runs inside of the caller's transaction and checks nothing.

/// All, or those in one state, by name; without approvals.
[[nodiscard]] std::vector<RolloutStatus> read_rollouts(soci::session& session);
[[nodiscard]] std::vector<RolloutStatus> read_rollouts(soci::session& session, RolloutState state);
/// With the approvals of its next step; nothing: there is none of the name.
[[nodiscard]] std::optional<RolloutStatus> find_rollout(soci::session& session, const std::string& name);
/// Puts it in the place of one of its name.
void put_rollout(soci::session& session, const RolloutStatus& status);
/// Of the plan as it is and one step of it: 0 the start, k the promotion to stages[k].
void put_approval(soci::session& session, const RolloutStatus& status, std::size_t step, const std::string& actor,
                  Microseconds now);

/// What one user showed of one gate, or (kAssigned) that the user was there.
struct RolloutOutcome {
    std::string rollout;
    std::size_t stage = 0;
    std::string gate;
    std::string unit;  ///< unit_digest() of the user
    Arm arm = Arm::control;
    double value = 0;  ///< 0..1
};
/// Counts it unless the user was counted for this gate in this stage. @return whether it was
bool count_outcome(soci::session& session, const RolloutOutcome& outcome, Microseconds now);
[[nodiscard]] ArmTallies tallies_of(soci::session& session, const std::string& rollout, std::size_t stage,
                                    const std::string& gate);
/// The tallies as they grew, at `most` moments or fewer (1 or more), the last one included.
struct TalliesAt {
    Microseconds at = 0;
    ArmTallies tallies;
};
[[nodiscard]] std::vector<TalliesAt> tallies_over_time(soci::session& session, const std::string& rollout,
                                                       std::size_t stage, const std::string& gate, std::size_t most);

/// An answer that a rollout steered or left alone, so that a rating that comes later finds its arm.
struct RolloutAnswer {
    std::string id;  ///< as the answer carried it
    std::string rollout;
    std::size_t stage = 0;
    std::string unit;
    Arm arm = Arm::control;
};
void put_answer(soci::session& session, const RolloutAnswer& answer, Microseconds now);
[[nodiscard]] std::optional<RolloutAnswer> find_answer(soci::session& session, const std::string& id);

}  // namespace contrans
