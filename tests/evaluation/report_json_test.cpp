#include "contrans/evaluation/report_json.h"

#include <unistd.h>
#include <limits>
#include <nlohmann/json.hpp>

#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

using Json = nlohmann::json;

TEST(ReportJson, RoundTripsWhole) {
    const EvaluationReport report = testing::sample_report();
    const std::string text = report_to_json(report);
    const EvaluationReport again = report_from_json(text, "report.json");
    EXPECT_EQ(report_to_json(again), text);
    ASSERT_EQ(again.results.size(), report.results.size());
    EXPECT_EQ(again.results[3].item_values, report.results[3].item_values);
    EXPECT_EQ(again.results[3].layers, report.results[3].layers);
    EXPECT_EQ(again.results[3].recovery, report.results[3].recovery);
    EXPECT_EQ(again.verdicts.size(), report.verdicts.size());
    EXPECT_EQ(again.similarity[5].target, report.similarity[5].target);
    EXPECT_EQ(again.provenance.seed, 7u);
    ASSERT_TRUE(again.source);
    EXPECT_EQ(again.source->n_layers, 30u);
}

TEST(ReportJson, HoldsWhatScriptsRelyOn) {
    const Json json = Json::parse(report_to_json(testing::sample_report()));
    const Json& first = json.at("results").at(0);
    for (const char* key :
         {"vector", "task", "metric", "n", "value", "low", "high", "recovery", "kl_nats", "perplexity_ratio"}) {
        EXPECT_TRUE(first.contains(key)) << key;
    }
    EXPECT_EQ(first.at("vector"), "none");
    EXPECT_TRUE(first.at("recovery").is_null());
    EXPECT_TRUE(json.at("verdict").at("happiness").is_string());
    EXPECT_TRUE(json.at("verdict").at("disgust.paper").is_string());
    EXPECT_EQ(json.at("headline").at("rows").at(0).at("role"), "transplanted");
}

TEST(ReportJson, JoinsTheVerdictsOfAVectorOnSeveralTasks) {
    EvaluationReport report;
    report.verdicts = {{"v", role::kTransplanted, "a", Outcome::works, "One."},
                       {"v", role::kTransplanted, "b", Outcome::damages, "Two."}};
    EXPECT_EQ(Json::parse(report_to_json(report)).at("verdict").at("v"), "One. Two.");
}

TEST(ReportJson, NumbersThatAreNotFinite) {
    EvaluationReport report = testing::one_task_report(0, 1, 1, 0);
    report.results[0].perplexity_ratio = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(Json::parse(report_to_json(report)).at("results").at(0).at("perplexity_ratio").is_null());
    report.results[0].low = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW((void)report_to_json(report), Error);
}

/// The message for a sample report after `change`.
template <class Change>
std::string refusal(Change change) {
    Json json = Json::parse(report_to_json(testing::one_task_report(0, 1, 1, 0)));
    change(json);
    try {
        (void)report_from_json(json.dump(), "r.json");
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::format);
        return error.what();
    }
    return "";
}

TEST(ReportJson, AcceptsExtraKeysAndAbsentOptionalOnes) {
    EXPECT_EQ(refusal([](Json& json) {
                  json["extra"] = 1;
                  json["results"][0]["extra"] = "x";
                  for (const char* key : {"recovery", "kl_nats", "dose", "layers", "draws", "note"}) {
                      json["results"][0].erase(key);
                  }
                  json.erase("verdict");
                  json.erase("headline");
                  json.erase("source");
              }),
              "");
}

TEST(ReportJson, NamesFileAndKey) {
    EXPECT_EQ(refusal([](Json& json) { json.erase("results"); }), "r.json: key \"results\" must be a list");
    EXPECT_EQ(refusal([](Json& json) { json.erase("target"); }), "r.json: key \"target\" is missing");
    EXPECT_EQ(refusal([](Json& json) { json["target"] = 3; }), "r.json: target must be an object, not number");
    EXPECT_EQ(refusal([](Json& json) { json["results"][2].erase("value"); }),
              "r.json: results[2]: key \"value\" is missing");
    EXPECT_EQ(refusal([](Json& json) { json["results"][2]["value"] = "high"; }),
              "r.json: results[2]: key \"value\" has the wrong type: \"high\"");
    EXPECT_EQ(refusal([](Json& json) { json["results"][1]["n"] = -4; }),
              "r.json: results[1]: key \"n\" has the wrong type: -4");
    EXPECT_EQ(refusal([](Json& json) { json["results"][1]["low"] = true; }),
              "r.json: results[1]: key \"low\" has the wrong type: true");
    EXPECT_EQ(refusal([](Json& json) { json["results"][1]["layers"] = {-1}; }),
              "r.json: results[1]: key \"layers\" has the wrong type: -1");
    EXPECT_NE(refusal([](Json& json) { json["results"][1]["n"] = 4; }).find("must have n = 4 values"),
              std::string::npos);
    EXPECT_NE(
        refusal([](Json& json) {
            json["verdicts"] = {{{"vector", "v"}, {"role", "r"}, {"task", "t"}, {"outcome", "fine"}, {"text", ""}}};
        }).find("verdicts[0]: key \"outcome\""),
        std::string::npos);
}

TEST(ReportJson, RefusesWhatIsNoReport) {
    for (const char* text : {"", "{", "[]", "3", "\xff"}) {
        EXPECT_THROW((void)report_from_json(text, "r.json"), Error) << text;
    }
    try {
        (void)report_from_json("{\"results\": [", "r.json");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("r.json: "), 0u);
    }
}

TEST(ReportJson, GoesThroughAFile) {
    const auto file =
        std::filesystem::temp_directory_path() / ("contrans-report-" + std::to_string(::getpid()) + ".json");
    const EvaluationReport report = testing::one_task_report(0, 1, 1, 0);
    write_report(report, file);
    EXPECT_EQ(read_report(file).results.size(), report.results.size());
    std::filesystem::remove(file);
    try {
        (void)read_report(file);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::io);
    }
}

}  // namespace
}  // namespace contrans
