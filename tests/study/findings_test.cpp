#include "contrans/study/findings.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/evaluation/verdict.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

using nlohmann::json;

EvaluationReport judged(double none, double native, double carried) {
    EvaluationReport report = testing::one_task_report(none, native, carried, 0.1);
    report.verdicts = judge_all(report);
    return report;
}

ControlVector vector_of_joy() {
    ControlVector vector;
    vector.name = "joy";
    vector.layers = {{LayerIndex{4}, {1}, 0, 0, 0}, {LayerIndex{6}, {1}, 0, 0, 0}};
    TransplantProvenance& known = vector.provenance.emplace();
    known.source_layer = LayerIndex{9};
    known.dev_value = 0.9;
    known.dev_unsteered = 0.2;
    known.agreement = AgreementEvidence{0.6, std::nullopt, std::nullopt};
    known.directional = 0.7;
    known.token_match = 0.95;
    return vector;
}

MapSet maps_with(std::vector<LayerPairSimilarity> similarity) {
    MapSet maps;
    maps.similarity = std::move(similarity);
    return maps;
}

const MapSet& maps() {
    static const MapSet maps = maps_with({{LayerIndex{9}, LayerIndex{4}, 0.5},
                                          {LayerIndex{8}, LayerIndex{6}, 0.1},
                                          {LayerIndex{9}, LayerIndex{6}, 0.3}});
    return maps;
}

TEST(Findings, HoldWhatReportsVectorsAndMapsKnow) {
    const EvaluationReport in_source = judged(0.25, 0.5, 0.75);
    const Finding finding = find_out(judged(0.125, 0.875, 0.75), vector_of_joy(), maps(), &in_source, {});
    EXPECT_EQ(finding.outcome, Outcome::native_is_better);
    EXPECT_DOUBLE_EQ(finding.gain.value, 0.625);
    EXPECT_LT(finding.gain.low, 0.625);
    EXPECT_DOUBLE_EQ(finding.source_unsteered.value(), 0.25);
    EXPECT_DOUBLE_EQ(finding.source_steered.value(), 0.75);
    EXPECT_DOUBLE_EQ(finding.at(Predictor::source_gain).value(), 0.5);
    EXPECT_DOUBLE_EQ(finding.at(Predictor::native_gain).value(), 0.75);
    EXPECT_DOUBLE_EQ(finding.at(Predictor::development_gain).value(), 0.7);
    EXPECT_DOUBLE_EQ(finding.at(Predictor::agreement).value(), 0.6);
    EXPECT_DOUBLE_EQ(finding.at(Predictor::directional).value(), 0.7);
    EXPECT_DOUBLE_EQ(finding.at(Predictor::cka).value(), 0.4) << "mean over the steered layers";
    EXPECT_DOUBLE_EQ(finding.at(Predictor::token_match).value(), 0.95);
}

TEST(Findings, CountTheMarginWhereTheTaskHasOne) {
    EvaluationReport report = judged(0.125, 0.875, 0.75);
    EXPECT_FALSE(find_out(report, vector_of_joy(), maps(), nullptr, {}).margin_gain);
    EXPECT_FALSE(find_out(report, vector_of_joy(), maps(), nullptr, {}).margin_outcome);
    EXPECT_FALSE(find_out(report, vector_of_joy(), maps(), nullptr, {}).margin_recovery.value);
    for (std::size_t r = 0, n = report.results.size(); r < n; ++r) {
        ConditionResult margin = report.results[r];
        margin.metric = "margin";
        for (double& value : margin.item_values) value = 4 * value - 10;
        report.results.push_back(std::move(margin));
    }
    const Finding finding = find_out(report, vector_of_joy(), maps(), nullptr, {});
    EXPECT_DOUBLE_EQ(finding.gain.value, 0.625) << "the primary metric's";
    EXPECT_DOUBLE_EQ(finding.margin_gain.value().value, 4 * 0.625);
    EXPECT_DOUBLE_EQ(finding.margin_gain.value().low, 4 * finding.gain.low);
    EXPECT_EQ(finding.margin_outcome, Outcome::native_is_better);
    EXPECT_NEAR(finding.margin_recovery.value.value(), 0.625 / 0.75, 1e-12);
    EXPECT_LT(finding.margin_recovery.low.value(), 0.625 / 0.75);
}

TEST(Findings, JudgeByTheMarginWhereTheShareStandsAtItsCeiling) {
    EvaluationReport report = judged(1, 1, 1);
    const std::map<std::string, double> added = {{role::kNative, 3}, {role::kTransplanted, 3.5}};
    for (std::size_t r = 0, n = report.results.size(); r < n; ++r) {
        ConditionResult margin = report.results[r];
        margin.metric = "margin";
        const auto more = added.find(margin.role);
        for (std::size_t i = 0; i < margin.n; ++i)
            margin.item_values[i] = 2 + 0.01 * static_cast<double>(i % 7) + (more == added.end() ? 0 : more->second);
        // Draws see items of their own: the highest of their means is no bar for a margin.
        margin.percentile95 = 100;
        report.results.push_back(std::move(margin));
    }
    Finding finding = find_out(report, vector_of_joy(), maps(), nullptr, {});
    EXPECT_EQ(finding.outcome, Outcome::cannot_tell);
    EXPECT_EQ(finding.margin_outcome, Outcome::works);
    EXPECT_NEAR(finding.margin_recovery.value.value(), 3.5 / 3, 1e-9);
    for (ConditionResult& result : report.results)
        if (result.metric == "margin" && result.role == role::kShuffledMap)
            for (double& value : result.item_values) value += 3.5;
    finding = find_out(report, vector_of_joy(), maps(), nullptr, {});
    EXPECT_EQ(finding.margin_outcome, Outcome::no_better_than_controls);
}

TEST(Findings, LeaveOutWhatIsNotKnown) {
    ControlVector foreign = vector_of_joy();
    foreign.provenance.reset();
    const Finding finding = find_out(judged(0.125, 0.875, 0.75), foreign, maps(), nullptr, {});
    for (const Predictor predictor : kPredictors)
        EXPECT_EQ(finding.at(predictor).has_value(), predictor == Predictor::native_gain) << title_of(predictor);
    const Finding unmapped = find_out(judged(0.125, 0.875, 0.75), vector_of_joy(),
                                      maps_with({{LayerIndex{9}, LayerIndex{4}, 0.5}}), nullptr, {});
    EXPECT_FALSE(unmapped.at(Predictor::cka)) << "one of its layers was not compared";
    ControlVector other = vector_of_joy();
    other.name = "fear";
    EXPECT_THROW((void)find_out(judged(0.125, 0.875, 0.75), other, maps(), nullptr, {}), Error);
}

/// Gains that follow the agreement, turn the CKA round, and know nothing of the rest.
std::vector<Finding> planted() {
    std::vector<Finding> findings;
    for (int i = 0; i < 8; ++i) {
        Finding& finding = findings.emplace_back();
        finding.models = "a-b";
        finding.concept_name = "c" + std::to_string(i);
        finding.gain = {0.1 * i, 0, 1};
        finding.at(Predictor::agreement) = 10 + i;
        finding.at(Predictor::cka) = i == 3 ? 0 : -i;
        finding.at(Predictor::token_match) = 0.9;
        if (i < 3) finding.at(Predictor::directional) = i;
    }
    return findings;
}

TEST(Findings, RankWhatForetellsTheGain) {
    const std::vector<PredictorRank> ranks = rank_predictors(planted(), {});
    ASSERT_EQ(ranks.size(), 2U) << "the same everywhere, or of three alone, says nothing";
    EXPECT_EQ(ranks[0].predictor, Predictor::agreement);
    EXPECT_DOUBLE_EQ(ranks[0].correlation.value, 1);
    EXPECT_EQ(ranks[0].n, 8U);
    EXPECT_EQ(ranks[1].predictor, Predictor::cka);
    EXPECT_LT(ranks[1].correlation.value, -0.7);
    EXPECT_LT(ranks[1].correlation.low, ranks[1].correlation.value);
    EXPECT_TRUE(rank_predictors({}, {}).empty());
}

TEST(Findings, AreWrittenForMachinesAndPeople) {
    std::vector<Finding> findings = planted();
    findings[1].concept_name = "<joy>";
    findings[1].margin_gain = Interval{1.5, -0.5, 3};
    findings[1].margin_recovery = {0.75, 0.5, std::nullopt};
    findings[1].margin_outcome = Outcome::native_is_better;
    findings[1].source_unsteered = 0.25;
    findings[1].source_steered = 0.5;
    findings[1].outcome = Outcome::no_better_than_controls;
    const std::vector<PredictorRank> ranks = rank_predictors(findings, {});
    const json list = json::parse(findings_to_json(findings));
    EXPECT_EQ(list.at(1).at("concept"), "<joy>");
    EXPECT_EQ(list.at(1).at("outcome"), "no-better-than-controls");
    EXPECT_EQ(list.at(1).at("agreement"), 11);
    EXPECT_EQ(list.at(1).at("cka"), -1);
    EXPECT_EQ(list.at(1).at("margin_gain").at("value"), 1.5);
    EXPECT_TRUE(list.at(2).at("margin_gain").is_null());
    EXPECT_EQ(list.at(1).at("margin_recovery"), json({{"value", 0.75}, {"low", 0.5}, {"high", nullptr}}));
    EXPECT_TRUE(list.at(2).at("margin_recovery").is_null());
    EXPECT_EQ(list.at(1).at("margin_outcome"), "native-is-better");
    EXPECT_TRUE(list.at(2).at("margin_outcome").is_null());
    EXPECT_TRUE(list.at(1).at("native_gain").is_null());
    EXPECT_EQ(json::parse(predictors_to_json(ranks)).at(0).at("predictor"), "agreement");
    const std::string html = findings_html(findings, ranks);
    EXPECT_NE(html.find("&lt;joy&gt;"), std::string::npos);
    EXPECT_EQ(html.find("<joy>"), std::string::npos);
    EXPECT_NE(html.find("0.25 → 0.50"), std::string::npos);
    EXPECT_NE(html.find("1.50 [-0.50, 3.00]"), std::string::npos) << html;
    const std::string text = findings_table(findings, ranks);
    EXPECT_NE(text.find("<joy>, a-b, seed 1: no better than controls, gain 0.10"), std::string::npos) << text;
    EXPECT_NE(text.find("margin 1.50 [-0.50, 3.00] nats (recovery 0.75, native is better), in"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("margin", text.find("c2, a-b")), std::string::npos) << "none has one";
    EXPECT_NE(text.find("foretells the gain: agreement 1.00"), std::string::npos) << text;
    EXPECT_EQ(findings_html({}, {}), "");
}

}  // namespace
}  // namespace contrans
