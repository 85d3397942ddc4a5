#include "apps/cli/rollout_text.h"

#include "apps/cli/text_columns.h"
#include "apps/cli/word_list.h"
#include "contrans/core/shortest_number.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/registry/audit_record.h"

namespace contrans::cli {
namespace {

std::string arm_text(const std::vector<PlannedConcept>& concepts, const std::string& persona) {
    if (concepts.empty() && !persona.empty()) {
        const bool newest = persona.find('@') == std::string::npos;
        return "persona " + persona + (newest ? ", its newest version when the plan is kept" : "");
    }
    std::vector<std::string> words;
    for (const PlannedConcept& each : concepts) {
        const std::string version = each.version == 0 ? "" : "@" + std::to_string(each.version);
        words.push_back(each.name + version + " at dose " + shortest_number(each.dose));
    }
    return words.empty() ? "unsteered" : joined(words) + (persona.empty() ? "" : " (persona " + persona + ")");
}

std::string stages_text(const RolloutPlan& plan) {
    std::vector<std::string> names;
    for (const RolloutStage& stage : plan.stages) names.push_back(stage_name(stage));
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", then ") + name;
    return text;
}

std::string gate_text(const RolloutGate& gate) {
    const std::string name = gate_name(gate);
    return gate.most ? name : name + ", at most " + shortest_number(*gate.margin) + " above the control";
}

std::string mean_text(const Tally& tally) {
    return tally.n == 0 ? "-" : fixed(tally.sum / static_cast<double>(tally.n), 3);
}

std::string gates_table(const std::vector<GateReading>& gates) {
    std::vector<std::vector<std::string>> rows = {
        {"gate", "state", "users", "mean", "control's", "mean", "low", "high", "limit"}};
    for (const GateReading& gate : gates) {
        const auto& [treatment, control] = gate.tallies;
        rows.push_back({gate.name, std::string(to_string(gate.state)), std::to_string(treatment.n),
                        mean_text(treatment), std::to_string(control.n), mean_text(control), fixed(gate.low, 3),
                        fixed(gate.high, 3), shortest_number(gate.limit)});
    }
    return aligned(rows);
}

/// Nothing where no answer was measured.
std::string drift_table(const std::vector<DriftReading>& drift) {
    std::vector<std::vector<std::string>> rows = {
        {"drift of", "state", "answers", "of the first stage", "index", "limit"}};
    for (const DriftReading& each : drift) {
        if (each.answers + each.reference_answers == 0) continue;
        const bool compared = each.answers > 0 && each.reference_answers > 0;
        rows.push_back({each.concept_name, std::string(to_string(each.state)), std::to_string(each.answers),
                        std::to_string(each.reference_answers), compared ? fixed(each.index, 3) : "-",
                        fixed(each.limit, 3)});
    }
    return rows.size() == 1 ? "" : "\n" + aligned(rows);
}

void add_unless_empty(std::vector<Fact>& facts, const char* name, const std::string& value) {
    if (!value.empty()) facts.push_back({name, value});
}

std::vector<Fact> plan_facts(const RolloutPlan& plan) {
    std::vector<Fact> facts = {{"treatment", arm_text(plan.treatment, plan.treatment_persona)},
                               {"control", arm_text(plan.control, plan.control_persona)},
                               {"of", plan.keys.empty() ? "all keys" : "keys " + joined(plan.keys)},
                               {"stages", stages_text(plan)}};
    for (const RolloutGate& gate : plan.gates) facts.push_back({"gate", gate_text(gate)});
    facts.push_back({"each gate", std::to_string(plan.least_users) + " users in each arm or more; false alarm " +
                                      shortest_number(plan.alpha) + " over all, " +
                                      fixed(100 * alpha_of_each_test(plan), 3) + " % each"});
    facts.push_back({"promoted", plan.promotion == Promotion::by_hand ? "by hand" : "when all gates passed"});
    facts.push_back({"on an alarm", plan.on_alarm == OnAlarm::roll_back ? "rolled back" : "told"});
    facts.push_back({"running answers", plan.running == RunningAnswers::end
                                            ? "end when it is rolled back"
                                            : "go on unsteered when it is rolled back"});
    facts.push_back({"approvals", std::to_string(approvals_needed(plan)) + " of other people, for each step"});
    add_unless_empty(facts, "note", plan.note);
    return facts;
}

}  // namespace

std::string plan_text(const RolloutPlan& plan) { return plan.name + "\n" + fact_lines(plan_facts(plan)); }

std::string rollouts_table(const std::vector<RolloutStatus>& rollouts) {
    if (rollouts.empty()) return "no rollouts\n";
    std::vector<std::vector<std::string>> rows = {{"name", "state", "stage", "changed", "by", "alarm"}};
    for (const RolloutStatus& each : rollouts) {
        rows.push_back({each.plan.name, std::string(to_string(each.state)),
                        std::to_string(each.stage + 1) + "/" + std::to_string(each.plan.stages.size()) + " " +
                            stage_name(each.plan.stages[each.stage]),
                        time_text(each.changed).substr(0, 19), each.changed_by, each.alarm.empty() ? "-" : each.alarm});
    }
    return aligned(rows);
}

std::string rollout_text(const RolloutStatus& status, const std::vector<GateReading>& gates,
                         const std::vector<DriftReading>& drift) {
    std::vector<Fact> facts = {
        {"state", std::string(to_string(status.state))},
        {"stage", std::to_string(status.stage + 1) + " of " + std::to_string(status.plan.stages.size()) + ": " +
                      stage_name(status.plan.stages[status.stage])},
        {"changed", time_text(status.changed).substr(0, 19) + " by " + status.changed_by},
        {"author", status.author}};
    add_unless_empty(facts, "reason", status.reason);
    add_unless_empty(facts, "alarm", status.alarm);
    add_unless_empty(facts, "approved by", joined(status.approved));
    const std::vector<Fact> planned = plan_facts(status.plan);
    facts.insert(facts.end(), planned.begin(), planned.end());
    return status.plan.name + "\n" + fact_lines(facts) + (gates.empty() ? "" : "\n" + gates_table(gates)) +
           drift_table(drift);
}

}  // namespace contrans::cli
