#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/evaluation/bootstrap.h"

namespace contrans {

/// What is to be done with a vector on a target that changed.
enum class DriftVerdict {
    holds,   ///< use it as it is
    redose,  ///< it does the same at another strength
    remap,   ///< the concept does not arrive any more: fit a map to this target and transplant again
    refuse,  ///< it must not steer this target
};
[[nodiscard]] std::string to_string(DriftVerdict verdict);  ///< "holds", "re-dose", "re-map", "refuse"

/// A layer's spread σ over neutral texts in the target that the vector was made for, and now.
struct SpreadChange {
    LayerIndex layer;
    double was = 0;  ///< 0: unknown
    double now = 0;
};

/// What a vector does to the changed target at one strength.
struct DriftTrial {
    double dose = 0;                       ///< as `--vector V.gguf=DOSE` takes it: in the σ that the file knows
    double kl_nats = 0;                    ///< damage on neutral texts
    std::optional<double> agreement = {};  ///< of its effect on the next word with the signature's, in [−1, 1]
    std::optional<Interval> gain = {};     ///< of the task's metric over unsteered, paired by item
};

/// All that is judged. Numbers of then come with the vector.
struct DriftMeasures {
    std::string differs;               ///< what of the target's build is another; empty: nothing
    std::vector<SpreadChange> spread;  ///< a layer that it steers each
    std::optional<double> loss_was;    ///< the unsteered target's on the signature's texts, nats a token
    std::optional<double> loss_now;
    std::optional<double> kl_was;             ///< damage of the vector then
    std::optional<double> gain_was;           ///< of the task's metric on development items then
    std::optional<double> control_agreement;  ///< of the torn map's images with the signature, mean, at its dose
    std::optional<DriftTrial> as_written;     ///< nothing where the target cannot be steered by it
    std::optional<DriftTrial> redosed;        ///< at the dose that costs what it cost then
};

struct DriftJudgement {
    DriftVerdict verdict = DriftVerdict::refuse;
    std::string rule;  ///< the rule that decided, with its numbers
};

// Limits of the rules (docs/verify.md says how they were set).
inline constexpr double kLargestLossRise = 1.0;     ///< nats a token
inline constexpr double kLeastKeptGain = 0.7;       ///< share of the gain then
inline constexpr double kLeastAgreement = 0.7;      ///< with the signature
inline constexpr double kLeastControlMargin = 0.1;  ///< of the agreement over its controls'
inline constexpr double kTurnedAgreement = -0.3;    ///< below: the effect is the opposite
inline constexpr double kLargestSpreadFactor = 1.25;
inline constexpr double kLargestDamageFactor = 1.5;
inline constexpr double kDamageSlackNats = 0.05;  ///< differences of damage below it do not count

/// The first rule that applies decides:
///   1 another build of model                                                  refuse
///   2 the target reads neutral texts over kLargestLossRise worse              refuse
///   3 the effect is turned round: gain below 0 by its interval, or, without a task, agreement under kTurnedAgreement
///                                                                              refuse
///   4 the effect is kept neither as written nor at the other dose              re-map
///   5 it is kept at the other dose alone                                       re-dose
///   6 damage or a layer's spread changed by more than its factor               re-dose
///   7 none of these                                                            holds
/// An effect is kept where the gain reaches kLeastKeptGain of the gain then (above 0 by its interval, where that is
/// unknown or under 0.1); without a task, where the agreement reaches kLeastAgreement and its controls' by
/// kLeastControlMargin. Throws Error{argument} where the target can be steered and neither was measured.
[[nodiscard]] DriftJudgement judge_drift(const DriftMeasures& measures);

}  // namespace contrans
