// What the server tells about concepts, and the page that shows it.
#include <string>

#include "apps/server/page_assets.h"
#include "contrans/evaluation/report_json.h"
#include "gtest/gtest.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::HttpAnswer;
using testing::ServingBench;

/// A report of one task, with the vector "happy" as the tests' folder has it.
EvaluationReport report_of(const ServingBench& bench) {
    const json model = bench.get("/v1/models").json()["data"][0]["contrans"];
    EvaluationReport report;
    report.target.name = "Tiny";
    report.target.architecture = model["architecture"];
    report.target.fingerprint = model["fingerprint"];
    report.target.d_model = model["width"];
    report.target.n_layers = model["layers"];
    report.tasks = {{"cheer", "cheer.jsonl", "choice", 40, 4}};
    ConditionResult result;
    result.task = "cheer";
    result.metric = "choice";
    result.n = 4;
    result.item_values = {0, 1, 1, 1};
    result.vector = result.role = "none";
    report.results.push_back(result);
    result.vector = "happy";
    result.role = "transplanted";
    result.value = 0.75;
    result.recovery = 0.9;
    result.dose = 0.5;
    result.layers = {2};
    report.results.push_back(result);
    result.vector = "happy.paper";
    result.role = "paper";
    report.results.push_back(result);
    report.verdicts = {{"happy", "transplanted", "cheer", Outcome::works, "Works: .75"}};
    report.dose_curve = {{"happy", "transplanted", "cheer", 0.25, 0.5, 0.1}, {"native", "native", "cheer", 1, 1, 1}};
    report.provenance.budget_nats = 0.5;
    return report;
}

json details(const ServingBench& bench) { return bench.get("/v1/concepts/happy").json(); }

TEST(ConceptRoutes, say_what_the_vectors_file_knows) {
    const ServingBench bench;
    for (const json& happy : {details(bench), bench.get("/v1/concepts").json()["data"][0]}) {
        EXPECT_EQ(happy["evidence"]["concept"], "happy");
        EXPECT_EQ(happy["evidence"]["source_layer"], 1);
        EXPECT_EQ(happy["evidence"]["fit"], "token-plain");
        EXPECT_TRUE(happy["evidence"]["kl_nats"].is_null());
        EXPECT_EQ(happy["layer_doses"][0]["sigma"], 40.0);
        EXPECT_EQ(happy["target_name"], "Tiny");
        EXPECT_TRUE(happy["combination"].is_null());
    }
    EXPECT_EQ(details(bench)["reports"], json::array());
    EXPECT_TRUE(details(bench)["report_problem"].is_null());
}

TEST(ConceptRoutes, show_the_report_that_lies_beside_a_vector) {
    const ServingBench bench;
    write_report(report_of(bench), bench.folder() / "vectors/happy.report.json");
    const json happy = details(bench);
    ASSERT_EQ(happy["reports"].size(), 1U) << happy;
    const json& report = happy["reports"][0];
    EXPECT_EQ(report["task"], "cheer");
    EXPECT_EQ(report["budget_nats"], 0.5);
    EXPECT_EQ(report["verdict"]["outcome"], "works");
    ASSERT_EQ(report["results"].size(), 2U) << "none and happy, not the paper's vector: " << report;
    EXPECT_EQ(report["results"][1]["recovery"], 0.9);
    ASSERT_EQ(report["dose_curve"].size(), 1U);
    EXPECT_EQ(report["dose_curve"][0]["kl_nats"], 0.1);
}

TEST(ConceptRoutes, show_no_report_of_another_vector_or_of_none) {
    const ServingBench bench;
    const auto file = bench.folder() / "vectors/happy.report.json";
    const auto refused = [&](const std::string& part) {
        const json happy = details(bench);
        return happy["reports"].empty() && happy["report_problem"].is_string() &&
               happy["report_problem"].get<std::string>().find(part) != std::string::npos;
    };
    EvaluationReport report = report_of(bench);
    report.results[1].dose = 0.6;
    write_report(report, file);
    EXPECT_TRUE(refused("another vector")) << details(bench);
    report = report_of(bench);
    report.results[1].layers = {3};
    write_report(report, file);
    EXPECT_TRUE(refused("another vector")) << details(bench);
    report = report_of(bench);
    report.target.fingerprint = std::string(64, 'a');
    write_report(report, file);
    EXPECT_TRUE(refused("another vector")) << details(bench);
    testing::write_bytes(file, "{\"results\": ");
    EXPECT_TRUE(refused("no report")) << details(bench);
    EXPECT_EQ(bench.get("/v1/concepts/happy").body.find(bench.folder().path().string()), std::string::npos);
}

TEST(ConceptRoutes, tell_how_far_concepts_point_the_same_way) {
    const ServingBench bench;
    const json got = bench.get("/v1/conflicts?concepts=polite,happy").json();
    EXPECT_EQ(got["concepts"], json({"polite", "happy"}));
    EXPECT_EQ(got["cosines"][0][0], 1.0);
    EXPECT_EQ(got["cosines"][0][1], got["cosines"][1][0]);
    EXPECT_LT(std::abs(got["cosines"][0][1].get<double>()), 0.6) << "random directions of 64 numbers";
    EXPECT_EQ(bench.get("/v1/conflicts?concepts=polite,nobody").error("code"), "concept_not_found");
    EXPECT_EQ(bench.get("/v1/conflicts").error("param"), "concepts");
}

TEST(ConceptRoutes, list_the_files_that_may_be_loaded) {
    const ServingBench bench;
    EXPECT_EQ(bench.get("/v1/vector-files").json()["data"], json({"happy.gguf", "loud.gguf", "polite.gguf"}));
    const ServingBench without([](auto& options) { options.vectors.clear(); });
    EXPECT_EQ(without.get("/v1/vector-files").json()["data"], json::array());
}

TEST(PageRoutes, give_the_page_and_let_it_load_nothing_from_elsewhere) {
    const ServingBench bench;
    const HttpAnswer page = bench.get("/");
    if (server::page_assets().empty()) {
        EXPECT_EQ(page.status, 404);
        EXPECT_NE(page.error("message").find("without its page"), std::string::npos) << page.body;
        return;
    }
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
    const std::string policy = page.headers.at("content-security-policy");
    EXPECT_TRUE(policy.starts_with("default-src 'none'")) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
    for (const server::PageAsset& asset : server::page_assets()) {
        const HttpAnswer got = bench.get("/assets/" + std::string(asset.name));
        EXPECT_EQ(got.status, 200) << asset.name;
        EXPECT_EQ(got.body, asset.bytes) << asset.name;
        EXPECT_FALSE(got.body.empty()) << asset.name;
    }
    for (const char* path : {"/assets/nothing.js", "/assets/..%2fpage.js", "/assets/%2e"}) {
        EXPECT_EQ(bench.get(path).status, 404) << path;
    }
}

}  // namespace
}  // namespace contrans
