#include "contrans/registry/rollout_rows.h"

#include <soci/soci.h>

#include <algorithm>

#include "contrans/core/error.h"

namespace contrans {
namespace {

RolloutState state_of(const std::string& word) {
    for (const RolloutState state : {RolloutState::planned, RolloutState::running, RolloutState::rolled_back}) {
        if (to_string(state) == word) return state;
    }
    throw Error(ErrorKind::format, "registry: a rollout has the unknown state " + word);
}

Arm arm_named(const std::string& word) { return word == "treatment" ? Arm::treatment : Arm::control; }

/// The step that an approval is of: the start, or the promotion to the stage after this one.
std::size_t next_step(const RolloutStatus& status) {
    return status.state == RolloutState::planned ? 0 : status.stage + 1;
}

std::vector<std::string> read_approvals(soci::session& session, const RolloutStatus& status) {
    std::vector<std::string> approved;
    std::string actor;
    const auto step = static_cast<long long>(next_step(status));
    soci::statement select =
        (session.prepare << "SELECT actor FROM rollout_approvals WHERE rollout = :rollout AND plan_sha256 = :sha256 "
                            "AND step = :step ORDER BY actor",
         soci::use(status.plan.name, "rollout"), soci::use(status.plan_sha256, "sha256"), soci::use(step, "step"),
         soci::into(actor));
    select.execute();
    while (select.fetch()) approved.push_back(actor);
    return approved;
}

constexpr const char* kColumns =
    "SELECT plan, plan_sha256, state, stage, author, changed, changed_by, reason, alarm FROM rollouts ";

/// One row as SOCI's variables.
struct Row {
    RolloutStatus status;
    std::string plan, state;
    long long stage = 0, changed = 0;

    [[nodiscard]] RolloutStatus taken() const {
        RolloutStatus taken = status;
        taken.plan = parse_rollout_plan(plan, "registry: a kept rollout");
        taken.state = state_of(state);
        taken.stage = static_cast<std::size_t>(stage);
        taken.changed = changed;
        return taken;
    }
};

std::vector<RolloutStatus> read_where(soci::session& session, const std::string& column, const std::string& value) {
    Row row;
    const std::string where = column.empty() ? "WHERE :value = ''" : "WHERE " + column + " = :value";
    soci::statement select =
        (session.prepare << kColumns + where + " ORDER BY name", soci::use(value, "value"), soci::into(row.plan),
         soci::into(row.status.plan_sha256), soci::into(row.state), soci::into(row.stage),
         soci::into(row.status.author), soci::into(row.changed), soci::into(row.status.changed_by),
         soci::into(row.status.reason), soci::into(row.status.alarm));
    std::vector<RolloutStatus> found;
    select.execute();
    while (select.fetch()) found.push_back(row.taken());
    return found;
}

/// Adds one to the tally beside the outcomes, so that gates are read without counting them anew.
void raise_tally(soci::session& session, const RolloutOutcome& outcome, const std::string& arm) {
    const auto stage = static_cast<long long>(outcome.stage);
    const auto change = [&](const char* text) {
        soci::statement statement =
            (session.prepare << text, soci::use(outcome.value, "value"), soci::use(outcome.rollout, "rollout"),
             soci::use(stage, "stage"), soci::use(outcome.gate, "gate"), soci::use(arm, "arm"));
        statement.execute(true);
        return statement.get_affected_rows();
    };
    if (change("UPDATE rollout_tallies SET n = n + 1, total = total + :value WHERE rollout = :rollout AND "
               "stage = :stage AND gate = :gate AND arm = :arm") > 0) {
        return;
    }
    change(
        "INSERT INTO rollout_tallies (n, total, rollout, stage, gate, arm) "
        "VALUES (1, :value, :rollout, :stage, :gate, :arm)");
}

}  // namespace

std::vector<RolloutStatus> read_rollouts(soci::session& session) { return read_where(session, "", ""); }

std::vector<RolloutStatus> read_rollouts(soci::session& session, RolloutState state) {
    return read_where(session, "state", std::string(to_string(state)));
}

std::optional<RolloutStatus> find_rollout(soci::session& session, const std::string& name) {
    std::vector<RolloutStatus> found = read_where(session, "name", name);
    if (found.empty()) return std::nullopt;
    found.front().approved = read_approvals(session, found.front());
    return found.front();
}

void put_rollout(soci::session& session, const RolloutStatus& status) {
    const std::string plan = rollout_plan_text(status.plan);
    const std::string state(to_string(status.state));
    const auto stage = static_cast<long long>(status.stage);
    const long long changed = status.changed;
    const char* statement =
        find_rollout(session, status.plan.name)
            ? "UPDATE rollouts SET plan = :plan, plan_sha256 = :sha256, state = :state, stage = :stage, author = "
              ":author, changed = :changed, changed_by = :by, reason = :reason, alarm = :alarm WHERE name = :name"
            : "INSERT INTO rollouts (plan, plan_sha256, state, stage, author, changed, changed_by, reason, alarm, "
              "name) VALUES (:plan, :sha256, :state, :stage, :author, :changed, :by, :reason, :alarm, :name)";
    session << statement, soci::use(plan, "plan"), soci::use(status.plan_sha256, "sha256"), soci::use(state, "state"),
        soci::use(stage, "stage"), soci::use(status.author, "author"), soci::use(changed, "changed"),
        soci::use(status.changed_by, "by"), soci::use(status.reason, "reason"), soci::use(status.alarm, "alarm"),
        soci::use(status.plan.name, "name");
}

void put_approval(soci::session& session, const RolloutStatus& status, std::size_t step, const std::string& actor,
                  Microseconds now) {
    const auto number = static_cast<long long>(step);
    const long long at = now;
    session << "INSERT INTO rollout_approvals (rollout, plan_sha256, step, actor, at) "
               "VALUES (:rollout, :sha256, :step, :actor, :at)",
        soci::use(status.plan.name, "rollout"), soci::use(status.plan_sha256, "sha256"), soci::use(number, "step"),
        soci::use(actor, "actor"), soci::use(at, "at");
}

bool count_outcome(soci::session& session, const RolloutOutcome& outcome, Microseconds now) {
    const std::string arm(to_string(outcome.arm));
    const auto stage = static_cast<long long>(outcome.stage);
    const long long at = now;
    long long counted = 0;
    session << "SELECT COUNT(*) FROM rollout_outcomes WHERE rollout = :rollout AND stage = :stage AND gate = :gate "
               "AND unit = :unit",
        soci::use(outcome.rollout, "rollout"), soci::use(stage, "stage"), soci::use(outcome.gate, "gate"),
        soci::use(outcome.unit, "unit"), soci::into(counted);
    if (counted > 0) return false;
    session << "INSERT INTO rollout_outcomes (rollout, stage, gate, unit, at, arm, value) "
               "VALUES (:rollout, :stage, :gate, :unit, :at, :arm, :value)",
        soci::use(outcome.rollout, "rollout"), soci::use(stage, "stage"), soci::use(outcome.gate, "gate"),
        soci::use(outcome.unit, "unit"), soci::use(at, "at"), soci::use(arm, "arm"), soci::use(outcome.value, "value");
    raise_tally(session, outcome, arm);
    return true;
}

ArmTallies tallies_of(soci::session& session, const std::string& rollout, std::size_t stage, const std::string& gate) {
    const auto number = static_cast<long long>(stage);
    ArmTallies tallies;
    std::string arm;
    long long n = 0;
    double total = 0;
    soci::statement select =
        (session.prepare << "SELECT arm, n, total FROM rollout_tallies WHERE rollout = :rollout AND stage = :stage "
                            "AND gate = :gate",
         soci::use(rollout, "rollout"), soci::use(number, "stage"), soci::use(gate, "gate"), soci::into(arm),
         soci::into(n), soci::into(total));
    select.execute();
    while (select.fetch()) {
        Tally& tally = arm_named(arm) == Arm::treatment ? tallies.treatment : tallies.control;
        tally = {static_cast<std::size_t>(n), total};
    }
    return tallies;
}

std::vector<TalliesAt> tallies_over_time(soci::session& session, const std::string& rollout, std::size_t stage,
                                         const std::string& gate, std::size_t most) {
    const auto number = static_cast<long long>(stage);
    const ArmTallies whole = tallies_of(session, rollout, stage, gate);
    const std::size_t users = whole.treatment.n + whole.control.n;
    const std::size_t step = std::max<std::size_t>((users + most - 1) / most, 1);
    std::vector<TalliesAt> moments;
    TalliesAt now;
    std::string arm;
    long long at = 0;
    double value = 0;
    soci::statement select =
        (session.prepare << "SELECT at, arm, value FROM rollout_outcomes WHERE rollout = :rollout AND stage = :stage "
                            "AND gate = :gate ORDER BY at, unit",
         soci::use(rollout, "rollout"), soci::use(number, "stage"), soci::use(gate, "gate"), soci::into(at),
         soci::into(arm), soci::into(value));
    select.execute();
    std::size_t seen = 0;
    while (select.fetch()) {
        (arm_named(arm) == Arm::treatment ? now.tallies.treatment : now.tallies.control).add(value);
        now.at = at;
        if (++seen % step == 0) moments.push_back(now);
    }
    if (seen % step != 0) moments.push_back(now);
    return moments;
}

void put_answer(soci::session& session, const RolloutAnswer& answer, Microseconds now) {
    const std::string arm(to_string(answer.arm));
    const auto stage = static_cast<long long>(answer.stage);
    const long long at = now;
    session << "INSERT INTO rollout_answers (id, rollout, stage, unit, arm, at) "
               "VALUES (:id, :rollout, :stage, :unit, :arm, :at)",
        soci::use(answer.id, "id"), soci::use(answer.rollout, "rollout"), soci::use(stage, "stage"),
        soci::use(answer.unit, "unit"), soci::use(arm, "arm"), soci::use(at, "at");
}

std::optional<RolloutAnswer> find_answer(soci::session& session, const std::string& id) {
    RolloutAnswer answer;
    std::string arm;
    long long stage = 0;
    session << "SELECT id, rollout, stage, unit, arm FROM rollout_answers WHERE id = :id", soci::use(id, "id"),
        soci::into(answer.id), soci::into(answer.rollout), soci::into(stage), soci::into(answer.unit), soci::into(arm);
    if (!session.got_data()) return std::nullopt;
    answer.stage = static_cast<std::size_t>(stage);
    answer.arm = arm_named(arm);
    return answer;
}

}  // namespace contrans
