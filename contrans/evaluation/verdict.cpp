#include "contrans/evaluation/verdict.h"

#include <algorithm>

#include "contrans/core/error.h"
#include "contrans/evaluation/headline.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/recovery.h"

namespace contrans {
namespace {

/// What the rules look at, found once.
struct Case {
    const ConditionResult& treated;
    const ConditionResult& none;
    const ConditionResult* native;
    const ConditionResult* prompt;
    std::vector<const ConditionResult*> controls;
    double budget_nats;
    const BootstrapOptions& options;
};

Interval gap(const ConditionResult& a, const ConditionResult& b, const BootstrapOptions& options) {
    try {
        return bootstrap_difference(a.item_values, b.item_values, a.item_groups, options);
    } catch (const Error& error) {
        throw Error(error.kind(),
                    "judge: '" + a.vector + "' against '" + b.vector + "' on task '" + a.task + "': " + error.what());
    }
}

bool is_above(const ConditionResult& a, const ConditionResult& b, const BootstrapOptions& options) {
    return gap(a, b, options).low > 0;
}

bool native_moves_nothing(const Case& c) {
    return c.native != nullptr && c.native->value - c.none.value < kSmallestNativeGain - 1e-12;
}

bool native_is_unsure(const Case& c) { return c.native != nullptr && !is_above(*c.native, c.none, c.options); }

bool damages(const Case& c) {
    return c.budget_nats > 0 && c.treated.kl_nats && *c.treated.kl_nats > kDamageTolerance * c.budget_nats;
}

bool beats(const Case& c, const ConditionResult& control) {
    if (control.percentile95 && c.treated.low <= *control.percentile95) return false;
    return is_above(c.treated, control, c.options);
}

/// The first control that the treatment does not beat, or null.
const ConditionResult* unbeaten_control(const Case& c) {
    const auto found = std::find_if(c.controls.begin(), c.controls.end(),
                                    [&](const ConditionResult* control) { return !beats(c, *control); });
    return found == c.controls.end() ? nullptr : *found;
}

Outcome decide(const Case& c) {
    if (!is_above(c.treated, c.none, c.options)) {
        return native_moves_nothing(c) || native_is_unsure(c) ? Outcome::cannot_tell : Outcome::no_effect;
    }
    if (damages(c)) return Outcome::damages;
    if (unbeaten_control(c) != nullptr) return Outcome::no_better_than_controls;
    if (c.controls.empty()) return Outcome::untested;
    if (c.native != nullptr && is_above(*c.native, c.treated, c.options)) return Outcome::native_is_better;
    return Outcome::works;
}

std::string value_text(const ConditionResult& result) { return with_interval(result.value, result.low, result.high); }

std::string movement(const Case& c) {
    return c.treated.metric + " " + fixed(c.none.value) + " unsteered, " + value_text(c.treated) + " carried";
}

std::string native_text(const Case& c) {
    if (c.native == nullptr) return "no native vector was run";
    if (native_moves_nothing(c)) return "native moves nothing itself (" + fixed(c.native->value) + ")";
    const std::string text = "native reaches " + value_text(*c.native);
    if (native_is_unsure(c)) return text + ", not for certain more than unsteered";
    if (!c.treated.recovery) return text;
    return text + ", so recovery is " +
           with_interval(c.treated.recovery, c.treated.recovery_low, c.treated.recovery_high);
}

std::string damage_text(const Case& c) {
    if (!c.treated.kl_nats) return "damage was not measured";
    const std::string text = "damage is " + fixed(c.treated.kl_nats) + " nat";
    return c.budget_nats > 0 ? text + " of " + fixed(c.budget_nats) + " allowed" : text;
}

std::string strongest_control_text(const Case& c) {
    const auto strongest = std::max_element(c.controls.begin(), c.controls.end(),
                                            [](const auto* a, const auto* b) { return a->value < b->value; });
    return "the strongest control, " + role_title((*strongest)->role) + ", reaches " + value_text(**strongest);
}

std::string unbeaten_text(const Case& c) {
    const ConditionResult& control = *unbeaten_control(c);
    const std::string name = role_title(control.role) + " reaches " + value_text(control);
    if (!control.percentile95) return name;
    return name + " with the 95th percentile of " + std::to_string(control.draws) + " draws at " +
           fixed(control.percentile95);
}

std::string prompt_text(const Case& c) {
    if (c.prompt == nullptr || !is_above(*c.prompt, c.treated, c.options)) return "";
    return "; prompting alone does better: " + value_text(*c.prompt);
}

std::string sentence(const Case& c, Outcome outcome) {
    const std::string facts = movement(c) + "; " + native_text(c) + "; ";
    switch (outcome) {
        case Outcome::works:
            return "Works: " + facts + strongest_control_text(c) + "; " + damage_text(c);
        case Outcome::native_is_better:
            return "Works, but re-extracting natively is better and possible: " + facts + strongest_control_text(c) +
                   "; " + damage_text(c);
        case Outcome::untested:
            return "Moves the behaviour, but no controls were run, so nothing shows that this direction matters: " +
                   facts + damage_text(c);
        case Outcome::no_better_than_controls:
            return "Not distinguishable from controls: " + facts + unbeaten_text(c) + "; " + damage_text(c);
        case Outcome::no_effect:
            return "Does not move the behaviour: " + facts + damage_text(c);
        case Outcome::damages:
            return "Damages the model too much: " + damage_text(c) + "; " + facts.substr(0, facts.size() - 2);
        case Outcome::cannot_tell:
            return "Cannot tell, because native moves nothing for certain either: " + facts + damage_text(c);
    }
    throw Error(ErrorKind::argument, "judge: unknown outcome");
}

std::vector<const ConditionResult*> find_controls(const EvaluationReport& report, const std::string& task) {
    std::vector<const ConditionResult*> controls;
    for (const std::string_view role : control_roles()) {
        if (const ConditionResult* control = find_result(report, task, role)) controls.push_back(control);
    }
    return controls;
}

}  // namespace

Verdict judge(const EvaluationReport& report, const std::string& task, const std::string& vector,
              const BootstrapOptions& options) {
    const ConditionResult* treated = find_vector(report, task, vector);
    const ConditionResult* none = find_result(report, task, role::kNone);
    if (treated == nullptr || none == nullptr) {
        const std::string missing = treated == nullptr ? vector : role::kNone;
        throw Error(ErrorKind::argument, "judge: task '" + task + "' has no result of '" + missing + "'");
    }
    const Case c{*treated,
                 *none,
                 find_result(report, task, role::kNative),
                 find_result(report, task, role::kPrompt),
                 find_controls(report, task),
                 report.provenance.budget_nats,
                 options};
    const Outcome outcome = decide(c);
    return {vector, treated->role, task, outcome, sentence(c, outcome) + prompt_text(c) + "."};
}

std::vector<Verdict> judge_all(const EvaluationReport& report, const BootstrapOptions& options) {
    std::vector<Verdict> verdicts;
    for (const ConditionResult& result : report.results) {
        if (!is_treatment(result.role) || result.metric != primary_metric(report, result.task)) continue;
        verdicts.push_back(judge(report, result.task, result.vector, options));
    }
    return verdicts;
}

bool all_passed(const std::vector<Verdict>& verdicts) {
    return std::all_of(verdicts.begin(), verdicts.end(), [](const Verdict& verdict) {
        return verdict.role != role::kTransplanted || passed(verdict.outcome);
    });
}

}  // namespace contrans
