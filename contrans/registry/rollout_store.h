#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "contrans/registry/audit_record.h"
#include "contrans/registry/database.h"
#include "contrans/registry/rollout_rows.h"
#include "contrans/rollout/drift.h"

namespace contrans {

/// A gate with what it has shown since its stage began.
struct GateHistory {
    GateReading now;
    struct Moment {
        Microseconds at = 0;
        GateReading reading;
    };
    std::vector<Moment> moments;
};

/// The mean of an answer's projections on a concept that steered it, in units of dose.
struct ConceptProjection {
    std::string concept_name;
    double mean = 0;
};

/// What one answer adds to its rollout.
struct CountedAnswer {
    RolloutAnswer answer;
    std::vector<RolloutOutcome> outcomes;
    std::vector<ConceptProjection> projections = {};  ///< of the treatment; finite
};

/// A gate that failed just now, or drift that was seen for the first time in its stage, which rolls nothing back.
struct RolloutAlarm {
    enum class What { gate, drift };
    std::string rollout;
    std::string gate;  ///< of drift: the concept
    bool rolled_back = false;
    What what = What::gate;
};

/// The rollouts of a registry: plans, where they stand, and what their users showed. Every change is one transaction
/// with its audit record. Several processes may each have their own; one thread at a time an object.
///
/// Throws Error{argument} for a step that the rules refuse, and what Database throws; then nothing was changed.
class RolloutStore {
public:
    RolloutStore(Database database, std::function<Microseconds()> clock = system_time);

    /// Keeps a plan under its name, its personas' concepts filled in (planned_personas.h). Refused for a name that was
    /// ever started; one that was only planned is replaced, and its approvals count no more.
    RolloutStatus plan(const RolloutPlan& plan, const std::string& actor);
    /// The next step of one, by somebody who is neither the author nor did so before.
    RolloutStatus approve(const std::string& name, const std::string& actor);
    /// Begins the first stage. Refused where approvals by others than the actor are missing, a rollout that may take
    /// the same requests runs, or it is not planned.
    RolloutStatus start(const std::string& name, const std::string& actor);
    /// Goes to the next stage. Refused where approvals are missing, a gate of this stage has not passed (one without
    /// data among them), an alarm was raised, or there is no further stage.
    RolloutStatus promote(const std::string& name, const std::string& actor);
    /// Ends it: from the next token on nobody gets the treatment. Refused for one that does not run.
    RolloutStatus roll_back(const std::string& name, const std::string& actor, const std::string& reason);
    /// Every one that runs. @return their names
    std::vector<std::string> roll_back_all(const std::string& actor, const std::string& reason);

    [[nodiscard]] std::vector<RolloutStatus> list();
    [[nodiscard]] std::vector<RolloutStatus> running();
    [[nodiscard]] RolloutStatus show(const std::string& name);
    /// The gates of the stage it is in, or was when it ended.
    [[nodiscard]] std::vector<GateReading> gates(const std::string& name);
    /// The same as they grew. @param most  moments of each
    [[nodiscard]] std::vector<GateHistory> history(const std::string& name, std::size_t most = 60);

    /// How far the treatment's answers in the stage it is in have moved from those in its first stage, of each concept
    /// of the treatment. In the first stage there is nothing to compare yet.
    [[nodiscard]] std::vector<DriftReading> drift(const std::string& name);

    /// Counts what answers showed, reads the gates of their rollouts anew, and where one fails for the first time
    /// raises the alarm: rolls back, if the plan says so. Promotes where the plan says so and all have passed. Drift
    /// is told once a stage and concept. What belongs to a stage that is over counts for nothing.
    std::vector<RolloutAlarm> count(std::span<const CountedAnswer> answers);
    /// A rating or score that came later. @return false: no rollout has an answer of this id
    bool rate(const std::string& answer_id, OutcomeMetric metric, double value, std::vector<RolloutAlarm>& alarms);

private:
    using Change = std::function<RolloutStatus(soci::session&, RolloutStatus)>;
    RolloutStatus change(const std::string& name, const std::string& actor, const std::string& action,
                         const Change& change);

    Database database_;
    std::function<Microseconds()> clock_;
};

}  // namespace contrans
