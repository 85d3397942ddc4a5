#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace contrans {

/// A concept as a rollout's arm has it.
struct PlannedConcept {
    std::string name;
    double dose = 0;           ///< in units of σ (DESIGN §4)
    std::int64_t version = 0;  ///< the registry's; 0: whichever is served
    friend bool operator==(const PlannedConcept&, const PlannedConcept&) = default;
};

/// Who gets the treatment while a stage lasts.
struct RolloutStage {
    std::vector<std::string> pilot;  ///< keys' names: their requests alone, all of them; empty: a share of the users
    double share = 0;                ///< of the users, in (0, 1]
    /// Whether users are split, so that there is a control to compare with.
    [[nodiscard]] bool splits() const { return pilot.empty() && share < 1; }
    friend bool operator==(const RolloutStage&, const RolloutStage&) = default;
};

/// What is measured of an answer, each in 0..1, more is worse:
enum class OutcomeMetric {
    error,         ///< 1: the server failed, or time ran out
    slow,          ///< 1: the whole answer took longer than the gate's seconds
    first_token,   ///< 1: its first token did
    refusal,       ///< 1: the text declines to answer (answer_signals.h)
    repetition,    ///< share of the text that repeats itself: collapse, the first sign of damage
    thumbs_down,   ///< 1: whoever asked said so; only answers that were rated
    task_failure,  ///< 1 − the score that a judge gave; only answers that were scored
};
[[nodiscard]] std::string_view to_string(OutcomeMetric metric);
[[nodiscard]] std::optional<OutcomeMetric> outcome_metric(std::string_view word);

/// A rule that a stage must hold. Exactly one of `margin` and `most` is set.
struct RolloutGate {
    OutcomeMetric metric = OutcomeMetric::error;
    double seconds = 0;            ///< of slow and first_token
    std::optional<double> margin;  ///< the treatment's mean may exceed the control's by so much, [0, 1)
    std::optional<double> most;    ///< the treatment's mean may be so high, (0, 1)
    friend bool operator==(const RolloutGate&, const RolloutGate&) = default;
};
/// "slow > 5 s", unique within a plan.
[[nodiscard]] std::string gate_name(const RolloutGate& gate);

enum class Promotion { by_hand, when_passed };
enum class OnAlarm { roll_back, tell };
/// What becomes of answers that are being written when the rollout is rolled back.
enum class RunningAnswers { unsteered, end };

/// How a concept is given to more and more users: pilot, split, stages, and what must hold at each. Read from a file
/// that people can review.
struct RolloutPlan {
    std::string name;
    std::string note;
    std::vector<PlannedConcept> treatment;  ///< not empty, but while a persona is to fill it in
    std::vector<PlannedConcept> control;    ///< empty: unsteered, or a persona is to fill it in
    /// The personas that the arms are, "warm-support@2"; empty: none. Without their concepts beside them the plan is
    /// not kept yet, and "warm-support" is the newest version of when it will be.
    std::string treatment_persona;
    std::string control_persona;
    std::vector<std::string> keys;     ///< names of the keys whose requests take part; empty: all
    std::string seed;                  ///< of the split; plans of one seed split alike
    std::vector<RolloutStage> stages;  ///< not empty; shares rise
    std::vector<RolloutGate> gates;
    std::size_t least_users = 100;  ///< that a gate must have seen in each arm before it can pass
    double alpha = 0.05;            ///< chance of any false alarm over all gates and stages together
    Promotion promotion = Promotion::by_hand;
    OnAlarm on_alarm = OnAlarm::roll_back;
    RunningAnswers running = RunningAnswers::unsteered;
    std::size_t approvals = 0;  ///< of other people, for the start and each promotion
    friend bool operator==(const RolloutPlan&, const RolloutPlan&) = default;
};

/// Reads a plan (docs/rollouts.md has every key). Throws Error{format} naming key and rule: for an unknown key too, so
/// that a misspelt gate is not a missing one. @param origin  for messages
[[nodiscard]] RolloutPlan parse_rollout_plan(std::string_view text, const std::string& origin);
/// The plan as parse_rollout_plan() reads it, every key written out: one text for equal plans.
[[nodiscard]] std::string rollout_plan_text(const RolloutPlan& plan);

/// "pilot of anna", "25 %"
[[nodiscard]] std::string stage_name(const RolloutStage& stage);
/// Of people other than the one who acts. Concepts that guard (refusal…, truthful…, fair…) need one whatever the plan
/// says.
[[nodiscard]] std::size_t approvals_needed(const RolloutPlan& plan);
/// Whether a stage's gate is looked at: one against the control only where there is one.
[[nodiscard]] bool applies(const RolloutGate& gate, const RolloutStage& stage);
/// α of each single test: alpha over every gate of every stage and the check of every split.
[[nodiscard]] double alpha_of_each_test(const RolloutPlan& plan);
/// Whether requests may exist that both plans would take.
[[nodiscard]] bool overlap(const RolloutPlan& a, const RolloutPlan& b);

}  // namespace contrans
