#include "contrans/pipeline/evaluate.h"

#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/scoring.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::carried;
using testing::evaluate_request;
using testing::hand_made;
using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;

Treatment carried_treatment() { return {carried().vector, carried().controls}; }

EvaluationReport judge(const EvaluateRequest& request,
                       const std::vector<Treatment>& treatments = {carried_treatment()}) {
    return evaluate(tiny_target_model(), treatments, request, {});
}

/// The whole of it, once a process.
const EvaluationReport& report() {
    static const EvaluationReport made = judge(evaluate_request());
    return made;
}

std::set<std::string> roles_of(const EvaluationReport& of) {
    std::set<std::string> roles;
    for (const ConditionResult& result : of.results) roles.insert(result.role);
    return roles;
}

const ConditionResult& primary(const EvaluationReport& of, const char* role) {
    const ConditionResult* found = find_result(of, "task-2", role);
    EXPECT_NE(found, nullptr) << role;
    static const ConditionResult none;
    return found == nullptr ? none : *found;
}

void expect_every_role() {
    EXPECT_EQ(roles_of(report()),
              (std::set<std::string>{"none", "native", "transplanted", "shuffled-map", "shuffled-labels",
                                     "random-covariance", "random-isotropic", "prompt"}));
    for (const ConditionResult& result : report().results) {
        EXPECT_EQ(result.task, "task-2");
        EXPECT_EQ(result.n, testing::kItems) << result.role;
        EXPECT_EQ(result.item_groups.size(), testing::kItems);
        EXPECT_LE(result.low, result.value) << result.role;
        EXPECT_GE(result.high, result.value) << result.role;
    }
    ASSERT_EQ(report().tasks.size(), 1U);
    EXPECT_EQ(report().tasks[0].n_groups, 4U);
    ASSERT_EQ(report().verdicts.size(), 1U);
    EXPECT_EQ(report().verdicts[0].vector, "warm-vector");
    EXPECT_EQ(*report().source, tiny_source_model()->identity());
    EXPECT_EQ(report().target, tiny_target_model()->identity());
}

void expect_scores_of_a_scorer_of_its_own() {
    TaskScorer scorer(tiny_target_model(), testing::task(2), 1);
    const auto unsteered = item_values(Metric::choice, scorer.task(), scorer.score_all(nullptr, {}));
    const ControlLayer& layer = carried().vector.layers[0];
    const auto plan =
        std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{layer.layer, layer.offset}});
    const auto steered = item_values(Metric::choice, scorer.task(), scorer.score_all(plan, {}));
    const auto differing = [](const std::vector<double>& a, const std::vector<double>& b) {
        std::size_t n = 0;
        for (std::size_t i = 0; i < a.size(); ++i) n += a[i] == b[i] ? 0U : 1U;
        return n;
    };
    EXPECT_LE(differing(primary(report(), "none").item_values, unsteered), 1U);
    EXPECT_LE(differing(primary(report(), "transplanted").item_values, steered), 1U);
}

void expect_damage_on_the_test_texts() {
    EXPECT_NEAR(*primary(report(), "none").kl_nats, 0, 1e-5);
    EXPECT_NEAR(*primary(report(), "none").perplexity_ratio, 1, 1e-3);
    const ControlLayer& layer = carried().vector.layers[0];
    const auto plan =
        std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{layer.layer, layer.offset}});
    const auto measured = [&](unsigned texts) {
        DamageMeter meter(tiny_target_model(), testing::neutral(texts), {.threads = 1}, {});
        return meter.measure({&plan, 1}, {}).front();
    };
    const ConditionResult& reported = primary(report(), "transplanted");
    EXPECT_NEAR(*reported.kl_nats / measured(2).kl_nats, 1, 0.005);
    EXPECT_NEAR(*reported.perplexity_ratio / measured(2).perplexity_ratio, 1, 0.02);
    EXPECT_GT(std::abs(*reported.kl_nats / measured(1).kl_nats - 1), 0.01) << "the halves cannot be told apart";
}

void expect_doses_and_layers() {
    const ConditionResult& treated = primary(report(), "transplanted");
    EXPECT_EQ(*treated.dose, carried().vector.layers[0].dose);
    EXPECT_EQ(treated.layers, std::vector<std::size_t>{carried().vector.layers[0].layer.value});
    EXPECT_GT(*primary(report(), "native").dose, 0);
    EXPECT_NE(primary(report(), "native").note.find("searched among 6 "), std::string::npos)
        << "two layers and both together, by a mean and by a probe";
    EXPECT_NE(
        primary(report(), "shuffled-map").note.find("searched among " + std::to_string(carried().candidates.size())),
        std::string::npos);
    for (const char* drawn : {"shuffled-labels", "random-covariance", "random-isotropic"}) {
        EXPECT_EQ(primary(report(), drawn).draws, 4U) << drawn;
        EXPECT_LE(*primary(report(), drawn).dose, *treated.dose + 1e-9) << drawn;
    }
}

void expect_a_dose_curve() {
    std::size_t of_treatment = 0;
    for (const DosePoint& point : report().dose_curve) of_treatment += point.role == "transplanted" ? 1U : 0U;
    EXPECT_GE(of_treatment, 2U);
    EXPECT_GT(report().dose_curve.size(), of_treatment) << "the searched conditions have theirs";
}

// One test, since each runs in a process of its own and would make the report anew.
TEST(Evaluate, ReportsEveryRoleAsItIs) {
    expect_every_role();
    expect_scores_of_a_scorer_of_its_own();
    expect_damage_on_the_test_texts();
    expect_doses_and_layers();
    expect_a_dose_curve();
}

TEST(Evaluate, TheSearchesNeverSeeTheTestItems) {
    // Other test items with other answers: all that was searched stays where it was, to the bit.
    EvaluateRequest request = evaluate_request();
    request.task = testing::task(3);
    request.task.name = "task-2";
    for (TaskItem& item : request.task.items) item.answer = (item.answer + 1) % 3;
    const EvaluationReport other = judge(request);
    for (const char* role : {"native", "shuffled-map"}) {
        EXPECT_EQ(*primary(other, role).dose, *primary(report(), role).dose) << role;
        EXPECT_EQ(primary(other, role).layers, primary(report(), role).layers) << role;
        EXPECT_EQ(primary(other, role).note, primary(report(), role).note) << role;
    }
    ASSERT_EQ(other.dose_curve.size(), report().dose_curve.size());
    for (std::size_t i = 0; i < other.dose_curve.size(); ++i) {
        EXPECT_EQ(other.dose_curve[i].value, report().dose_curve[i].value);
        EXPECT_EQ(other.dose_curve[i].kl_nats, report().dose_curve[i].kl_nats);
    }
    EXPECT_NE(primary(other, "none").item_values, primary(report(), "none").item_values);
}

TEST(Evaluate, TheSameSeedGivesTheSameReport) {
    const EvaluationReport again = judge(evaluate_request());
    ASSERT_EQ(again.results.size(), report().results.size());
    for (std::size_t i = 0; i < again.results.size(); ++i) {
        const ConditionResult& a = again.results[i];
        const ConditionResult& b = report().results[i];
        EXPECT_EQ(a.vector, b.vector);
        EXPECT_EQ(a.item_values, b.item_values) << a.role;
        EXPECT_EQ(a.low, b.low) << a.role;
        EXPECT_EQ(a.kl_nats, b.kl_nats) << a.role;
        EXPECT_EQ(a.dose, b.dose) << a.role;
    }
    EXPECT_EQ(again.verdicts[0].text, report().verdicts[0].text);
}

TEST(Evaluate, WithoutDevelopmentItemsTheTreatmentsLayerAndDoseServe) {
    EvaluateRequest request = evaluate_request();
    request.dev_task.reset();
    const EvaluationReport plain = judge(request);
    EXPECT_EQ(roles_of(plain), roles_of(report()));
    for (const char* role : {"native", "shuffled-map"}) {
        EXPECT_NEAR(*primary(plain, role).dose, carried().vector.layers[0].dose, 1e-3) << role;
        EXPECT_EQ(primary(plain, role).layers, primary(plain, "transplanted").layers) << role;
        EXPECT_NE(primary(plain, role).note.find("no development items"), std::string::npos);
    }
    EXPECT_TRUE(plain.dose_curve.empty());
}

TEST(Evaluate, RunsOnlyWhatIsAskedFor) {
    EvaluateRequest request = evaluate_request();
    request.dev_task.reset();
    request.native_pairs.reset();
    request.instruction.clear();
    request.controls = {
        .shuffled_map = false, .shuffled_labels = false, .random_covariance = true, .random_isotropic = false};
    const EvaluationReport little = judge(request, {hand_made()});
    EXPECT_EQ(roles_of(little), (std::set<std::string>{"none", "transplanted", "random-covariance"}));
    EXPECT_FALSE(primary(little, "transplanted").recovery) << "no native, no recovery";
}

TEST(Evaluate, ExamplesAreACondition) {
    EvaluateRequest request = evaluate_request();
    request.few_shot = 2;
    request.controls = {false, false, false, false};
    const EvaluationReport with = judge(request, {hand_made()});
    EXPECT_NE(primary(with, "few-shot").note.find("2 positive texts"), std::string::npos);
    EXPECT_EQ(primary(with, "few-shot").n, request.task.items.size());
    EXPECT_FALSE(primary(with, "few-shot").kl_nats) << "no vector, no damage";
    request.few_shot = 1000;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"1000"}, [&] { (void)judge(request, {hand_made()}); }));
}

TEST(Evaluate, AnotherEnginesVectorOfTwoLayersIsJudgedToo) {
    ControlVector foreign;
    foreign.name = "foreign";
    foreign.layers = {{LayerIndex{1}, hand_made().vector.layers[0].offset, 0, 0, 0},
                      {LayerIndex{3}, hand_made().vector.layers[0].offset, 0, 0, 0}};
    EvaluateRequest request = evaluate_request();
    request.native_pairs.reset();
    const EvaluationReport of_foreign = judge(request, {{foreign, std::nullopt}});
    EXPECT_EQ(roles_of(of_foreign),
              (std::set<std::string>{"none", "transplanted", "prompt", "random-covariance", "random-isotropic"}));
    EXPECT_EQ(primary(of_foreign, "transplanted").layers, (std::vector<std::size_t>{1, 3}));
    EXPECT_FALSE(primary(of_foreign, "transplanted").dose);
    EXPECT_FALSE(of_foreign.source);
}

TEST(Evaluate, SeveralVectorsStandSideBySide) {
    Treatment paper = hand_made();
    paper.vector.name = "by-paper";
    paper.is_for_comparison = true;
    EvaluateRequest request = evaluate_request();
    request.dev_task.reset();
    const EvaluationReport both = judge(request, {hand_made(), paper});
    EXPECT_NE(find_vector(both, "task-2", "by-paper"), nullptr);
    EXPECT_EQ(find_vector(both, "task-2", "by-paper")->role, role::kPaper);
    EXPECT_EQ(both.verdicts.size(), 2U);
}

TEST(Evaluate, RefusesVectorsOfOtherModelsUnlessAllowed) {
    Treatment treatment = hand_made();
    treatment.vector.target = tiny_source_model()->identity();
    EvaluateRequest request = evaluate_request();
    request.dev_task.reset();
    request.native_pairs.reset();
    request.controls = {false, false, false, false};
    EXPECT_TRUE(throws_error(ErrorKind::model, {"warm-vector", "Tiny source", "Tiny target"},
                             [&] { (void)judge(request, {treatment}); }));
    request.identity = IdentityMismatch::allow;
    EXPECT_EQ(roles_of(judge(request, {treatment})), (std::set<std::string>{"none", "transplanted", "prompt"}));
    treatment.vector.layers[0].offset.resize(64);
    EXPECT_TRUE(throws_error(ErrorKind::model, {"width 64", "width 96"}, [&] { (void)judge(request, {treatment}); }));
}

TEST(Evaluate, RefusesControlsOfOtherModelsAndWidths) {
    Treatment treatment = hand_made();
    treatment.controls->target = tiny_source_model()->identity();
    EXPECT_TRUE(throws_error(ErrorKind::model, {"controls of warm-vector", "Tiny source"},
                             [&] { (void)judge(evaluate_request(), {treatment}); }));
    treatment = hand_made();
    treatment.controls->directions[0].direction.resize(64);
    EXPECT_TRUE(throws_error(ErrorKind::model, {"controls of warm-vector", "width 64"},
                             [&] { (void)judge(evaluate_request(), {treatment}); }));
}

TEST(Evaluate, NeedsVectorsLayersAndItems) {
    EvaluateRequest request = evaluate_request();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"at least one vector"}, [&] { (void)judge(request, {}); }));
    Treatment empty = hand_made();
    empty.vector.layers.clear();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"warm-vector", "no layer"}, [&] { (void)judge(request, {empty}); }));
    request.task.items.clear();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"item"}, [&] { (void)judge(request, {hand_made()}); }));
}

TEST(Evaluate, AStopIsHeeded) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] {
        (void)evaluate(tiny_target_model(), {hand_made()}, evaluate_request(),
                       {.progress = nullptr, .stop = stop.get_token()});
    }));
}

}  // namespace
}  // namespace contrans
