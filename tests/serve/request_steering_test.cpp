#include "contrans/serve/request_steering.h"

#include <cmath>
#include <string>
#include <vector>

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/serve/served_world.h"

namespace contrans {
namespace {

using testing::served_shelf;
using testing::steering_by;
using testing::throws_error;
using Op = SteeringOperator;

ConceptChoice choice(const std::string& name, std::optional<double> dose = std::nullopt) {
    ConceptChoice made;
    made.name = name;
    made.dose = dose;
    return made;
}

const ControlLayer& layer_of(const std::string& name, std::size_t i = 0) {
    return served_shelf().find(name)->vector.layers[i];
}

double length(std::span<const float> v) { return norm(v); }

const RequestSteering::Plan& at(const RequestSteering& steering, std::size_t position,
                                TokenPhase phase = TokenPhase::prompt) {
    return steering.plan_at(position, phase);
}

TEST(RequestSteering, WithoutChoicesNothingIsSteered) {
    EXPECT_EQ(at({}, 0), nullptr);
    EXPECT_EQ(at(steering_by({}), 7, TokenPhase::generated), nullptr);
}

TEST(RequestSteering, TheUsualDoseIsTheVectorAsWritten) {
    const RequestSteering steering = steering_by({choice("calm")});
    ASSERT_NE(at(steering, 0), nullptr);
    EXPECT_EQ(at(steering, 0)->steps()[0].offset, layer_of("calm").offset);
    EXPECT_EQ(at(steering, 0), at(steering, 9, TokenPhase::generated));
    ASSERT_EQ(steering.applied().size(), 1U);
    EXPECT_EQ(steering.applied()[0].dose, 1);
    EXPECT_EQ(steering.applied()[0].layers, (std::vector<LayerIndex>{LayerIndex{2}}));
    EXPECT_DOUBLE_EQ(steering.applied()[0].coefficient, layer_of("calm").coefficient);
    EXPECT_EQ(steering.applied()[0].sha256, served_shelf().find("calm")->sha256);
}

TEST(RequestSteering, ADoseIsSharedOutOverTheLayersAsInTheFile) {
    const RequestSteering steering = steering_by({choice("loud", 3.0)});  // 0.5 and 1 as written: 1 and 2
    const auto steps = at(steering, 0)->steps();
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_NEAR(length(steps[0].offset), 1.0 * 2, 1e-5);
    EXPECT_NEAR(length(steps[1].offset), 2.0 * 2, 1e-5);
    EXPECT_NEAR(length(at(steering_by({choice("calm", -0.5)}), 0)->steps()[0].offset), 1.0, 1e-5);
}

TEST(RequestSteering, ANegativeDoseTurnsTheVectorRound) {
    const auto offset = at(steering_by({choice("calm", -1.0)}), 0)->steps()[0].offset;
    for (std::size_t i = 0; i < offset.size(); ++i) EXPECT_NEAR(offset[i], -layer_of("calm").offset[i], 1e-6);
}

TEST(RequestSteering, ProjectOutTakesAShareAndClampAProjection) {
    ConceptChoice out = choice("calm");
    out.op = Op::project_out;
    EXPECT_EQ(at(steering_by({out}), 0)->steps()[0].amount, 1);
    out.dose = 0.25;
    EXPECT_EQ(at(steering_by({out}), 0)->steps()[0].amount, 0.25);
    ConceptChoice clamp = choice("calm", -3);
    clamp.op = Op::clamp;
    EXPECT_NEAR(at(steering_by({clamp}), 0)->steps()[0].amount, -3 * 2, 1e-5);  // σ is 2
    EXPECT_NEAR(length(at(steering_by({clamp}), 0)->steps()[0].offset), 1, 1e-6);
    clamp.dose = 0;
    EXPECT_EQ(at(steering_by({clamp}), 0)->steps()[0].amount, 0);
}

TEST(RequestSteering, ADoseOfNothingAddsNothing) {
    EXPECT_EQ(at(steering_by({choice("calm", 0)}), 0), nullptr);
    EXPECT_EQ(steering_by({choice("calm", 0)}).applied().size(), 1U);
}

TEST(RequestSteering, TokenRangesAndBeginningsAreKept) {
    ConceptChoice prompt = choice("calm");
    prompt.tokens = TokenRange::prompt;
    ConceptChoice generated = choice("dry");
    generated.tokens = TokenRange::generated;
    ConceptChoice late = choice("loud");
    late.after = 5;
    const RequestSteering steering = steering_by({prompt, generated, late});
    const auto steps = [&](std::size_t position, TokenPhase phase) {
        const auto& plan = at(steering, position, phase);
        return plan ? plan->steps().size() : 0;
    };
    EXPECT_EQ(steps(0, TokenPhase::prompt), 1U);
    EXPECT_EQ(steps(4, TokenPhase::generated), 1U);
    EXPECT_NE(at(steering, 4)->digest(), at(steering, 4, TokenPhase::generated)->digest());
    EXPECT_EQ(steps(5, TokenPhase::prompt), 3U);
    EXPECT_EQ(steps(50, TokenPhase::generated), 3U);
    EXPECT_EQ(at(steering, 5), at(steering, 50));
}

TEST(RequestSteering, SeveralConceptsAtALayerAddUp) {
    const RequestSteering steering = steering_by({choice("calm", 1), choice("dry", -0.5)});
    const auto steps = at(steering, 0)->steps();
    ASSERT_EQ(steps.size(), 1U);
    for (std::size_t i = 0; i < steps[0].offset.size(); ++i) {
        EXPECT_NEAR(steps[0].offset[i], layer_of("calm").offset[i] - 0.5F * layer_of("dry").offset[i], 1e-6);
    }
}

TEST(RequestSteering, AGateIsAnotherConceptAtTheSameLayer) {
    ConceptChoice gated = choice("calm");
    gated.gate = GateChoice{"dry", 1.5};
    const RequestSteering steering = steering_by({gated});
    const auto& step = at(steering, 0)->steps()[0];
    ASSERT_TRUE(step.gate);
    EXPECT_NEAR(step.gate->threshold, 1.5 * 2, 1e-6);
    EXPECT_NEAR(length(step.gate->direction), 1, 1e-6);
    EXPECT_NEAR(dot(std::span(std::as_const(step.gate->direction)), std::span(layer_of("dry").offset)), 2, 1e-5);
}

TEST(RequestSteering, SaysWhatItRefuses) {
    const auto refuses = [](const std::vector<std::string>& parts, std::vector<ConceptChoice> choices) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, parts,
                                 [&] { (void)steering_of(served_shelf(), choices, DoseRule::tested_only); }));
    };
    refuses({"\"rude\"", "not loaded"}, {choice("rude")});
    refuses({"\"calm\"", "-1.5000 to 1.5000", "tested", "1.6"}, {choice("calm", 1.6)});
    refuses({"\"calm\"", "finite"}, {choice("calm", std::nan(""))});
    refuses({"\"calm\"", "twice"}, {choice("calm"), choice("calm", 0.1)});
    ConceptChoice out = choice("calm", 1.01);
    out.op = Op::project_out;
    refuses({"\"calm\"", "0.0000 to 1.0000", "project_out"}, {out});
    ConceptChoice gated = choice("loud");
    gated.gate = GateChoice{"calm", 0};
    refuses({"\"loud\"", "gate", "\"calm\"", "layer 1"}, {gated});
    gated.gate = GateChoice{"nobody", 0};
    refuses({"\"nobody\"", "not loaded"}, {gated});
    EXPECT_NO_THROW((void)steering_of(served_shelf(), std::vector{choice("calm", 1.5)}));
    EXPECT_NO_THROW((void)steering_of(served_shelf(), std::vector{choice("calm", 9)}, DoseRule::any));
}

TEST(Probes, MeasureInUnitsOfDose) {
    const auto probes = probes_of(served_shelf(), std::vector<std::string>{"loud", "calm"});
    ASSERT_EQ(probes.size(), 2U);
    EXPECT_EQ(probes[0].layer, LayerIndex{3});  // its last
    // The vector as written, dose 1 at that layer, raises the signal by 1.
    EXPECT_NEAR(dot(std::span(std::as_const(probes[1].direction)), std::span(layer_of("calm").offset)), 1, 1e-5);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"\"rude\""},
                             [] { (void)probes_of(served_shelf(), std::vector<std::string>{"rude"}); }));
}

}  // namespace
}  // namespace contrans
