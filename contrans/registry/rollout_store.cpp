#include "contrans/registry/rollout_store.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/shortest_number.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/audit_log.h"
#include "contrans/registry/drift_rows.h"
#include "contrans/registry/names.h"
#include "contrans/registry/planned_personas.h"

namespace contrans {
namespace {

/// Who acts where a plan's own rules do.
constexpr const char* kGates = "gates";

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::argument, "rollout: " + text); }

/// Lists of one length, as requests with several concepts have them.
AuditEvent event_of(const RolloutStatus& status, const std::string& action, const std::string& actor) {
    AuditEvent event;
    event.actor = audit_text(actor, 128);
    event.action = action;
    event.rollout = status.plan.name;
    event.outcome = std::string(to_string(status.state));
    for (const PlannedConcept& each : status.plan.treatment) {
        const char* between = &each == &status.plan.treatment.front() ? "" : ";";
        event.subject += between + each.name;
        event.version += between + (each.version == 0 ? std::string() : std::to_string(each.version));
        event.dose += between + shortest_number(each.dose);
    }
    event.detail = "stage=" + std::to_string(status.stage + 1) + " (" + stage_name(status.plan.stages[status.stage]) +
                   ") plan=sha256:" + status.plan_sha256;
    if (!status.plan.treatment_persona.empty()) event.detail += " persona=" + status.plan.treatment_persona;
    if (!status.plan.control_persona.empty()) event.detail += " control_persona=" + status.plan.control_persona;
    if (!status.alarm.empty()) event.detail += " alarm=" + status.alarm;
    if (!status.reason.empty()) event.detail += " reason=" + status.reason;
    event.detail = audit_text(event.detail);
    return event;
}

RolloutStatus found(soci::session& session, const std::string& name) {
    auto status = find_rollout(session, name);
    if (!status) refuse("there is none named " + in_quotes(name) + "; contrans rollout status lists them");
    return *status;
}

void require_state(const RolloutStatus& status, RolloutState state, const std::string& to) {
    if (status.state == state) return;
    refuse(in_quotes(status.plan.name) + " is " + std::string(to_string(status.state)) + " and cannot be " + to);
}

/// Approvals of others than the one who acts.
void require_approvals(const RolloutStatus& status, const std::string& actor) {
    const std::size_t needed = approvals_needed(status.plan);
    const auto others = static_cast<std::size_t>(
        std::ranges::count_if(status.approved, [&](const std::string& each) { return each != actor; }));
    if (others >= needed) return;
    refuse(in_quotes(status.plan.name) + " needs " + std::to_string(needed) +
           " approval(s) of other people for this step, and has " + std::to_string(others) +
           "; contrans rollout approve " + status.plan.name);
}

std::vector<GateReading> readings_of(soci::session& session, const RolloutStatus& status) {
    return read_gates(status.plan, status.stage, [&](const std::string& gate) {
        return tallies_of(session, status.plan.name, status.stage, gate);
    });
}

void require_passed(soci::session& session, const RolloutStatus& status) {
    if (!status.alarm.empty()) refuse(in_quotes(status.plan.name) + " has an alarm: " + status.alarm);
    const std::string waiting = first_not_passed(readings_of(session, status));
    if (!waiting.empty()) refuse(in_quotes(status.plan.name) + ": a gate of this stage has not passed: " + waiting);
}

void require_alone(soci::session& session, const RolloutStatus& status) {
    for (const RolloutStatus& other : read_rollouts(session, RolloutState::running)) {
        if (overlap(other.plan, status.plan)) {
            refuse(in_quotes(other.plan.name) +
                   " runs and may take the same requests; give each its own \"keys\", or roll it back");
        }
    }
}

void write_change(soci::session& session, RolloutStatus& status, const std::string& action, const std::string& actor,
                  Microseconds now) {
    status.changed = now;
    status.changed_by = actor;
    put_rollout(session, status);
    append_audit(session, now, event_of(status, action, actor));
}

RolloutStatus ended(RolloutStatus status, const std::string& reason) {
    status.state = RolloutState::rolled_back;
    status.reason = reason;
    return status;
}

/// Reads the gates of a rollout whose tallies have grown, and does what its plan says.
std::optional<RolloutAlarm> look_at(soci::session& session, RolloutStatus status, Microseconds now) {
    const auto readings = readings_of(session, status);
    const std::string failed = first_failed(readings);
    if (!failed.empty() && status.alarm.empty()) {
        status.alarm = failed;
        const bool ends = status.plan.on_alarm == OnAlarm::roll_back;
        if (ends) status = ended(std::move(status), failed + " failed");
        write_change(session, status, ends ? "rollout.rollback" : "rollout.alarm", kGates, now);
        return RolloutAlarm{status.plan.name, failed, ends};
    }
    const bool further = status.stage + 1 < status.plan.stages.size();
    if (status.plan.promotion == Promotion::when_passed && further && status.alarm.empty() && !readings.empty() &&
        first_not_passed(readings).empty()) {
        ++status.stage;
        status.reason = "all gates passed";
        write_change(session, status, "rollout.promote", kGates, now);
    }
    return std::nullopt;
}

std::vector<DriftReading> drifts_of(soci::session& session, const RolloutStatus& status) {
    const auto counted = [&](std::size_t stage, const PlannedConcept& each) {
        return projections_of(session, {status.plan.name, stage, each.name});
    };
    std::vector<DriftReading> readings;
    for (const PlannedConcept& each : status.plan.treatment) {
        const BinCounts now = status.stage == 0 ? BinCounts{} : counted(status.stage, each);
        readings.push_back(read_drift(counted(0, each), now));
        readings.back().concept_name = each.name;
    }
    return readings;
}

/// Keeps and tells of drift that was not seen before.
void look_for_drift(soci::session& session, const RolloutStatus& status, Microseconds now,
                    std::vector<RolloutAlarm>& alarms) {
    for (const DriftReading& reading : drifts_of(session, status)) {
        const DriftPlace place{status.plan.name, status.stage, reading.concept_name};
        if (reading.state != DriftState::drifted || drift_was_seen(session, place)) continue;
        put_drift(session, place, now);
        AuditEvent event = event_of(status, "rollout.drift", kGates);
        event.detail =
            audit_text(event.detail + " drift=" + reading.concept_name + " index=" + shortest_number(reading.index) +
                       " limit=" + shortest_number(reading.limit));
        append_audit(session, now, event);
        alarms.push_back({status.plan.name, reading.concept_name, false, RolloutAlarm::What::drift});
    }
}

bool is_in(const RolloutStatus& status, std::size_t stage) {
    return status.state == RolloutState::running && status.stage == stage;
}

}  // namespace

RolloutStore::RolloutStore(Database database, std::function<Microseconds()> clock)
    : database_(std::move(database)), clock_(std::move(clock)) {}

RolloutStatus RolloutStore::change(const std::string& name, const std::string& actor, const std::string& action,
                                   const Change& change) {
    require_line(actor, "an actor", 128);
    RolloutStatus status;
    database_.write([&](soci::session& session) {
        status = change(session, found(session, name));
        write_change(session, status, action, actor, clock_());
        status = found(session, name);  // with the approvals of its step from here
    });
    return status;
}

RolloutStatus RolloutStore::plan(const RolloutPlan& plan, const std::string& actor) {
    require_line(actor, "an actor", 128);
    RolloutStatus status;
    status.author = actor;
    database_.write([&](soci::session& session) {
        status.plan = with_personas(session, plan);
        status.plan_sha256 = sha256_of(rollout_plan_text(status.plan));
        const auto before = find_rollout(session, plan.name);
        if (before && before->state != RolloutState::planned) {
            refuse(in_quotes(plan.name) +
                   " was started once, and what it did stays under its name; choose another name");
        }
        write_change(session, status, "rollout.plan", actor, clock_());
    });
    return status;
}

RolloutStatus RolloutStore::approve(const std::string& name, const std::string& actor) {
    return change(name, actor, "rollout.approve", [&](soci::session& session, const RolloutStatus& status) {
        if (status.state == RolloutState::rolled_back)
            refuse(in_quotes(name) + " is rolled_back: nothing is to be approved");
        if (actor == status.author) refuse(in_quotes(actor) + " wrote the plan, and somebody else must approve it");
        if (std::ranges::find(status.approved, actor) != status.approved.end()) {
            refuse(in_quotes(actor) + " has approved this step already");
        }
        const std::size_t step = status.state == RolloutState::planned ? 0 : status.stage + 1;
        if (step >= status.plan.stages.size()) refuse(in_quotes(name) + " is at its last stage");
        put_approval(session, status, step, actor, clock_());
        return status;
    });
}

RolloutStatus RolloutStore::start(const std::string& name, const std::string& actor) {
    return change(name, actor, "rollout.start", [&](soci::session& session, RolloutStatus status) {
        require_state(status, RolloutState::planned, "started");
        require_approvals(status, actor);
        require_alone(session, status);
        status.state = RolloutState::running;
        return status;
    });
}

RolloutStatus RolloutStore::promote(const std::string& name, const std::string& actor) {
    return change(name, actor, "rollout.promote", [&](soci::session& session, RolloutStatus status) {
        require_state(status, RolloutState::running, "promoted");
        if (status.stage + 1 == status.plan.stages.size()) refuse(in_quotes(name) + " is at its last stage");
        require_approvals(status, actor);
        require_passed(session, status);
        ++status.stage;
        status.reason.clear();
        return status;
    });
}

RolloutStatus RolloutStore::roll_back(const std::string& name, const std::string& actor, const std::string& reason) {
    require_line(reason, "a reason", 500);
    return change(name, actor, "rollout.rollback", [&](soci::session&, RolloutStatus status) {
        require_state(status, RolloutState::running, "rolled back");
        return ended(std::move(status), reason);
    });
}

std::vector<std::string> RolloutStore::roll_back_all(const std::string& actor, const std::string& reason) {
    require_line(actor, "an actor", 128);
    require_line(reason, "a reason", 500);
    std::vector<std::string> names;
    database_.write([&](soci::session& session) {
        names.clear();
        for (RolloutStatus& status : read_rollouts(session, RolloutState::running)) {
            RolloutStatus after = ended(std::move(status), reason);
            write_change(session, after, "rollout.rollback", actor, clock_());
            names.push_back(after.plan.name);
        }
    });
    return names;
}

std::vector<RolloutStatus> RolloutStore::list() {
    std::vector<RolloutStatus> all;
    database_.read([&](soci::session& session) {
        all.clear();
        for (const RolloutStatus& each : read_rollouts(session)) all.push_back(found(session, each.plan.name));
    });
    return all;
}

std::vector<RolloutStatus> RolloutStore::running() {
    std::vector<RolloutStatus> all;
    database_.read([&](soci::session& session) { all = read_rollouts(session, RolloutState::running); });
    return all;
}

RolloutStatus RolloutStore::show(const std::string& name) {
    RolloutStatus status;
    database_.read([&](soci::session& session) { status = found(session, name); });
    return status;
}

std::vector<GateReading> RolloutStore::gates(const std::string& name) {
    std::vector<GateReading> readings;
    database_.read([&](soci::session& session) { readings = readings_of(session, found(session, name)); });
    return readings;
}

std::vector<DriftReading> RolloutStore::drift(const std::string& name) {
    std::vector<DriftReading> readings;
    database_.read([&](soci::session& session) { readings = drifts_of(session, found(session, name)); });
    return readings;
}

std::vector<GateHistory> RolloutStore::history(const std::string& name, std::size_t most) {
    std::vector<GateHistory> histories;
    database_.read([&](soci::session& session) {
        const RolloutStatus status = found(session, name);
        histories.clear();
        for (const GateReading& reading : readings_of(session, status)) histories.push_back({reading, {}});
        for (GateHistory& history : histories) {
            const std::string& kept_as = history.now.name == kSampleRatio ? std::string(kAssigned) : history.now.name;
            for (const TalliesAt& then : tallies_over_time(session, name, status.stage, kept_as, most)) {
                const auto readings = read_gates(status.plan, status.stage, [&](const std::string& gate) {
                    return gate == kept_as ? then.tallies : ArmTallies{};
                });
                history.moments.push_back(
                    {then.at, *std::ranges::find(readings, history.now.name, &GateReading::name)});
            }
        }
    });
    return histories;
}

std::vector<RolloutAlarm> RolloutStore::count(std::span<const CountedAnswer> answers) {
    std::vector<RolloutAlarm> alarms;
    database_.write([&](soci::session& session) {
        alarms.clear();
        std::set<std::string> grown;
        std::set<std::string> projected;
        std::map<std::string, std::optional<RolloutStatus>> known;  // as they stand before this batch's gates are read
        for (const CountedAnswer& each : answers) {
            const std::string& name = each.answer.rollout;
            if (!known.contains(name)) known.emplace(name, find_rollout(session, name));
            const std::optional<RolloutStatus>& status = known.at(name);
            if (!status) continue;
            put_answer(session, each.answer, clock_());
            if (!is_in(*status, each.answer.stage)) continue;
            for (const RolloutOutcome& outcome : each.outcomes) {
                if (count_outcome(session, outcome, clock_())) grown.insert(outcome.rollout);
            }
            for (const ConceptProjection& projection : each.projections) {
                count_projection(session, {status->plan.name, status->stage, projection.concept_name}, projection.mean);
                projected.insert(status->plan.name);
            }
        }
        for (const std::string& name : projected) look_for_drift(session, found(session, name), clock_(), alarms);
        for (const std::string& name : grown) {
            if (auto alarm = look_at(session, found(session, name), clock_())) alarms.push_back(std::move(*alarm));
        }
    });
    return alarms;
}

bool RolloutStore::rate(const std::string& answer_id, OutcomeMetric metric, double value,
                        std::vector<RolloutAlarm>& alarms) {
    bool known = false;
    database_.write([&](soci::session& session) {
        alarms.clear();
        const auto answer = find_answer(session, answer_id);
        known = answer.has_value();
        if (!answer) return;
        const RolloutStatus status = found(session, answer->rollout);
        if (!is_in(status, answer->stage)) return;
        bool grown = false;
        for (const RolloutGate& gate : status.plan.gates) {
            if (gate.metric != metric || !applies(gate, status.plan.stages[status.stage])) continue;
            grown |= count_outcome(
                session, {answer->rollout, answer->stage, gate_name(gate), answer->unit, answer->arm, value}, clock_());
        }
        if (!grown) return;
        if (auto alarm = look_at(session, status, clock_())) alarms.push_back(std::move(*alarm));
    });
    return known;
}

}  // namespace contrans
