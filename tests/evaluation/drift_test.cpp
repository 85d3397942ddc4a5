#include "contrans/evaluation/drift.h"

#include <functional>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

/// A vector that does now what it did then.
DriftMeasures unchanged() {
    DriftMeasures measures;
    measures.spread = {{LayerIndex{14}, 8000, 8100}};
    measures.loss_was = 3.0;
    measures.loss_now = 3.1;
    measures.kl_was = 0.4;
    measures.control_agreement = 0.1;
    measures.as_written = DriftTrial{.dose = 0.5, .kl_nats = 0.42, .agreement = 0.95};
    measures.redosed = DriftTrial{.dose = 0.49, .kl_nats = 0.4, .agreement = 0.95};
    return measures;
}

void expect_judged(DriftVerdict verdict, const std::string& part, const std::function<void(DriftMeasures&)>& change) {
    DriftMeasures measures = unchanged();
    change(measures);
    const DriftJudgement judgement = judge_drift(measures);
    EXPECT_EQ(to_string(judgement.verdict), to_string(verdict)) << judgement.rule;
    EXPECT_NE(judgement.rule.find(part), std::string::npos) << judgement.rule;
}

TEST(JudgeDrift, HoldsWhereNothingChanged) {
    expect_judged(DriftVerdict::holds, "agreement 0.95", [](DriftMeasures&) {});
    expect_judged(DriftVerdict::holds, "", [](DriftMeasures& m) { m.control_agreement.reset(); });
    expect_judged(DriftVerdict::holds, "", [](DriftMeasures& m) { m.kl_was.reset(); });
}

TEST(JudgeDrift, RefusesAnotherBuildOfModel) {
    expect_judged(DriftVerdict::refuse, "width 640, 576 then", [](DriftMeasures& m) {
        m = {};
        m.differs = "width 640, 576 then";
    });
}

TEST(JudgeDrift, RefusesATargetThatCannotReadAnyMore) {
    expect_judged(DriftVerdict::refuse, "4.20 nats a token, 3.00 then", [](DriftMeasures& m) { m.loss_now = 4.2; });
    expect_judged(DriftVerdict::holds, "", [](DriftMeasures& m) { m.loss_now = 3.9; });
}

TEST(JudgeDrift, RefusesAnEffectThatIsTurnedRound) {
    expect_judged(DriftVerdict::refuse, "turned round", [](DriftMeasures& m) { m.as_written->agreement = -0.4; });
    expect_judged(DriftVerdict::refuse, "gain -0.20 [-0.30, -0.10]", [](DriftMeasures& m) {
        m.as_written->gain = Interval{-0.2, -0.3, -0.1};
    });
}

TEST(JudgeDrift, MapsAgainWhereTheEffectIsLost) {
    const auto agree = [](double written, double redosed) {
        return [=](DriftMeasures& m) {
            m.as_written->agreement = written;
            m.redosed->agreement = redosed;
        };
    };
    expect_judged(DriftVerdict::remap, "agreement 0.60", agree(0.6, 0.65));
    expect_judged(DriftVerdict::redose, "at another dose alone: agreement 0.75 at dose 0.490", agree(0.6, 0.75));
    expect_judged(DriftVerdict::remap, "over the torn map's 0.75", [](DriftMeasures& m) {
        m.as_written->agreement = m.redosed->agreement = 0.8;
        m.control_agreement = 0.75;
    });
}

TEST(JudgeDrift, TheTaskDecidesWhereThereIsOne) {
    const auto gain = [](double value, double low, std::optional<double> was) {
        return [=](DriftMeasures& m) {
            m.gain_was = was;
            m.as_written->agreement = 0.2;
            m.as_written->gain = m.redosed->gain = Interval{value, low, value + 0.2};
        };
    };
    expect_judged(DriftVerdict::holds, "gain 0.60", gain(0.6, 0.4, 0.8));
    expect_judged(DriftVerdict::remap, "0.80 then", gain(0.5, 0.4, 0.8));
    expect_judged(DriftVerdict::holds, "above 0", gain(0.1, 0.01, std::nullopt));
    expect_judged(DriftVerdict::remap, "above 0", gain(0.1, -0.01, 0.05));
}

TEST(JudgeDrift, DosesAnewWhereDamageOrSpreadChanged) {
    expect_judged(DriftVerdict::redose, "damage is 0.700 nat, 0.400 then",
                  [](DriftMeasures& m) { m.as_written->kl_nats = 0.7; });
    expect_judged(DriftVerdict::redose, "damage is 0.200 nat", [](DriftMeasures& m) { m.as_written->kl_nats = 0.2; });
    expect_judged(DriftVerdict::holds, "", [](DriftMeasures& m) {
        m.kl_was = 0.02;  // twice as much, and yet little
        m.as_written->kl_nats = 0.04;
    });
    expect_judged(DriftVerdict::redose, "spread of layer 14 is 11000.0, 8000.0 then",
                  [](DriftMeasures& m) { m.spread[0].now = 11000; });
    expect_judged(DriftVerdict::holds, "", [](DriftMeasures& m) { m.spread[0].was = 0; });
}

TEST(JudgeDrift, NeedsSomethingToJudgeBy) {
    DriftMeasures measures = unchanged();
    measures.as_written->agreement.reset();
    EXPECT_TRUE(
        testing::throws_error(ErrorKind::argument, {"a gain or an agreement"}, [&] { (void)judge_drift(measures); }));
}

}  // namespace
}  // namespace contrans
