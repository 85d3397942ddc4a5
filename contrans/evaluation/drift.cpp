#include "contrans/evaluation/drift.h"

#include <algorithm>
#include <cmath>

#include "contrans/core/error.h"
#include "contrans/evaluation/number_text.h"

namespace contrans {
namespace {

// Of gains then: below, a share of it says nothing (as recovery, DESIGN §5).
constexpr double kLeastGainToShare = 0.1;

bool has_gain_to_share(const DriftMeasures& measures) {
    return measures.gain_was && *measures.gain_was >= kLeastGainToShare;
}

bool keeps_gain(const Interval& gain, const DriftMeasures& measures) {
    return has_gain_to_share(measures) ? gain.value >= kLeastKeptGain * *measures.gain_was : gain.low > 0;
}

bool keeps_agreement(double agreement, const DriftMeasures& measures) {
    return agreement >= kLeastAgreement &&
           (!measures.control_agreement || agreement >= *measures.control_agreement + kLeastControlMargin);
}

bool keeps_effect(const DriftTrial& trial, const DriftMeasures& measures) {
    if (trial.gain) return keeps_gain(*trial.gain, measures);
    if (trial.agreement) return keeps_agreement(*trial.agreement, measures);
    throw Error(ErrorKind::argument, "verify: needs a gain or an agreement to judge by");
}

bool is_turned(const DriftTrial& trial) {
    return trial.gain ? trial.gain->high < 0 : trial.agreement && *trial.agreement < kTurnedAgreement;
}

std::string effect_text(const DriftTrial& trial, const DriftMeasures& measures) {
    if (trial.gain) {
        return "gain " + with_interval(*trial.gain) + " at dose " + fixed(trial.dose, 3) +
               (has_gain_to_share(measures)
                    ? ", " + fixed(measures.gain_was) + " then (at least " + fixed(kLeastKeptGain) + " of it is asked)"
                    : " (above 0 is asked)");
    }
    std::string text = "agreement " + fixed(trial.agreement) + " at dose " + fixed(trial.dose, 3) + " (" +
                       fixed(kLeastAgreement) + " is asked";
    if (measures.control_agreement)
        text += ", and " + fixed(kLeastControlMargin) + " over the torn map's " + fixed(measures.control_agreement);
    return text + ")";
}

/// By how much larger or smaller: at least 1.
double factor_between(double a, double b) { return a > 0 && b > 0 ? std::max(a / b, b / a) : 1; }

std::string changed_spread(const DriftMeasures& measures) {
    for (const SpreadChange& layer : measures.spread) {
        if (factor_between(layer.was, layer.now) <= kLargestSpreadFactor) continue;
        return "spread of layer " + std::to_string(layer.layer.value) + " is " + fixed(layer.now, 1) + ", " +
               fixed(layer.was, 1) + " then (factor " + fixed(kLargestSpreadFactor) + " is allowed)";
    }
    return "";
}

std::string changed_damage(const DriftMeasures& measures) {
    if (!measures.kl_was) return "";
    const double now = measures.as_written->kl_nats;
    if (std::abs(now - *measures.kl_was) <= kDamageSlackNats) return "";
    if (factor_between(now, *measures.kl_was) <= kLargestDamageFactor) return "";
    return "damage is " + fixed(now, 3) + " nat, " + fixed(measures.kl_was, 3) + " then (factor " +
           fixed(kLargestDamageFactor) + " is allowed)";
}

std::optional<std::string> reason_to_refuse(const DriftMeasures& measures) {
    if (!measures.differs.empty()) return "the target is another build of model: " + measures.differs;
    if (measures.loss_was && measures.loss_now && *measures.loss_now - *measures.loss_was > kLargestLossRise) {
        return "the target reads neutral texts at " + fixed(measures.loss_now) + " nats a token, " +
               fixed(measures.loss_was) + " then (a rise of " + fixed(kLargestLossRise) + " is allowed)";
    }
    if (measures.as_written && is_turned(*measures.as_written))
        return "the effect is turned round: " + effect_text(*measures.as_written, measures);
    return std::nullopt;
}

}  // namespace

std::string to_string(DriftVerdict verdict) {
    switch (verdict) {
        case DriftVerdict::holds:
            return "holds";
        case DriftVerdict::redose:
            return "re-dose";
        case DriftVerdict::remap:
            return "re-map";
        case DriftVerdict::refuse:
            return "refuse";
    }
    throw Error(ErrorKind::argument, "to_string: unknown verdict");
}

DriftJudgement judge_drift(const DriftMeasures& measures) {
    if (const auto reason = reason_to_refuse(measures)) return {DriftVerdict::refuse, *reason};
    if (!measures.as_written) throw Error(ErrorKind::argument, "verify: needs what the vector does as it is written");
    const DriftTrial& written = *measures.as_written;
    if (!keeps_effect(written, measures)) {
        if (!measures.redosed || !keeps_effect(*measures.redosed, measures))
            return {DriftVerdict::remap, "the effect is not kept: " + effect_text(written, measures)};
        return {DriftVerdict::redose,
                "the effect is kept at another dose alone: " + effect_text(*measures.redosed, measures) +
                    ", as written " + effect_text(written, measures)};
    }
    for (const std::string& change : {changed_damage(measures), changed_spread(measures)}) {
        if (!change.empty()) return {DriftVerdict::redose, change};
    }
    return {DriftVerdict::holds, "the effect is kept, at its damage and spread: " + effect_text(written, measures)};
}

}  // namespace contrans
