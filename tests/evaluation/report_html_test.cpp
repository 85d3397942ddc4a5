#include "contrans/evaluation/report_html.h"

#include <nlohmann/json.hpp>

#include "contrans/evaluation/heat_map.h"
#include "contrans/evaluation/html_text.h"
#include "contrans/evaluation/report_charts.h"
#include "contrans/evaluation/verdict.h"
#include "gtest/gtest.h"
#include "tests/evaluation/report_fixture.h"

namespace contrans {
namespace {

using Json = nlohmann::json;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
    return n;
}

/// What the page's script will parse.
Json embedded_data(const std::string& page) {
    const std::string open = "<script type=\"application/json\" id=\"chart-data\">";
    const std::size_t begin = page.find(open) + open.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

TEST(EscapeHtml, EscapesWhatMarkupIsMadeOf) {
    EXPECT_EQ(escape_html("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
    EXPECT_EQ(escape_html("grün"), "grün");
}

TEST(ReportHtml, HoldsEverythingItNeeds) {
    const std::string page = render_report_html(testing::sample_report());
    EXPECT_EQ(page.find("<!DOCTYPE html>"), 0u);
    EXPECT_TRUE(contains(page, "Chart.js v"));
    EXPECT_TRUE(contains(page, "prefers-color-scheme: dark"));
    EXPECT_TRUE(contains(page, "default-src 'none'"));
    EXPECT_EQ(count(page, "<script"), 3u);
    EXPECT_EQ(count(page, "</script>"), 3u);
    for (const char* part : {"src=", "href=\"http", "@import", "url("}) {
        EXPECT_FALSE(contains(page.substr(0, page.find("<script>")), part)) << part;
    }
}

TEST(ReportHtml, TellsTheResultsInWordsAndTables) {
    const EvaluationReport report = testing::sample_report();
    const std::string page = render_report_html(report);
    for (const char* part : {"Carried vectors recover", "over 6 concepts", "5 of 6 carried vectors pass",
                             "From SmolLM2 135M Instruct into Gemma 3 270M", "10 draws, 95th percentile",
                             "b179c9523d0e6a0f", "a5fd3b62230aa5ec", "Intel Xeon", "--controls all", "native = 1",
                             "The budget of the searches was 0.50 nat"}) {
        EXPECT_TRUE(contains(page, part)) << part;
    }
    EXPECT_EQ(count(page, "<li class=\"pass\""), 10u);
    EXPECT_EQ(count(page, "<li class=\"fail\""), 2u);
}

TEST(ReportHtml, ChartsHoldTheReportsNumbers) {
    const EvaluationReport report = testing::sample_report();
    const Json data = embedded_data(render_report_html(report));
    EXPECT_EQ(data.at("bars").at("quantity"), "recovery");
    EXPECT_EQ(data.at("bars").at("tasks").size(), 6u);
    EXPECT_EQ(data.at("bars").at("series").size(), 6u);
    const Json& carried = data.at("bars").at("series").at(0);
    EXPECT_EQ(carried.at("role"), "transplanted");
    EXPECT_DOUBLE_EQ(carried.at("values").at(0).get<double>(),
                     find_result(report, "happiness", role::kTransplanted)->recovery.value());
    EXPECT_TRUE(carried.at("values").at(5).is_null()) << "surprise has no native effect";
    EXPECT_EQ(data.at("dose").size(), 6u);
    EXPECT_EQ(data.at("dose").at(0).at("series").size(), 2u);
    EXPECT_EQ(data.at("dose").at(0).at("series").at(0).at("points").size(), 6u);
    EXPECT_DOUBLE_EQ(data.at("dose").at(0).at("series").at(0).at("points").at(0).at("dose").get<double>(), 0.1);
}

TEST(ReportHtml, BarsShowValuesWhereThereIsNoNativeVector) {
    EvaluationReport report = testing::one_task_report(0.25, 1, 0.75, 0);
    std::erase_if(report.results, [](const ConditionResult& r) { return r.role == role::kNative; });
    summarise_results(report, {});
    for (ConditionResult& result : report.results) result.recovery.reset();
    const Json data = Json::parse(chart_data_json(report));
    EXPECT_EQ(data.at("bars").at("quantity"), "value");
    EXPECT_EQ(data.at("bars").at("series").size(), 3u);
}

TEST(ReportHtml, EscapesEveryText) {
    const std::string evil = "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\"";
    EvaluationReport report = testing::one_task_report(0, 1, 1, 0);
    report.target = {evil, evil, evil, 1, 1};
    report.source = ModelIdentity{evil, evil, evil, 1, 1};
    for (ConditionResult& result : report.results) {
        result.task = evil;
        result.note = evil;
        result.metric = evil;
        result.dose = 1;
        if (result.role == role::kTransplanted) result.vector = evil;
    }
    report.tasks = {{evil, evil, evil, 1, 1}};
    report.verdicts = {{evil, role::kTransplanted, evil, Outcome::works, evil}};
    report.dose_curve = {{evil, role::kTransplanted, evil, 1, 1, 1}};
    report.similarity = {{LayerIndex{1}, LayerIndex{1}, 0.5, evil}};
    report.provenance = {evil, evil, evil, evil, 1, 1, 1};
    const std::string page = render_report_html(report);
    EXPECT_FALSE(contains(page, "<script>alert"));
    EXPECT_FALSE(contains(page, "<img"));
    EXPECT_EQ(count(page, "</script>"), 3u);
    EXPECT_EQ(embedded_data(page).at("bars").at("tasks").at(0), evil);
}

TEST(ReportHtml, StandsWithNextToNothing) {
    const std::string page = render_report_html({});
    EXPECT_TRUE(contains(page, "no transplanted vector"));
    EXPECT_FALSE(contains(page, "id=\"bars\""));
    EXPECT_FALSE(contains(page, "heat-map\">"));
}

TEST(HeatMap, HasACellAPairAndNamesThoseInUse) {
    const std::vector<LayerSimilarity> cells = {{LayerIndex{3}, LayerIndex{2}, 0.25, ""},
                                                {LayerIndex{3}, LayerIndex{5}, 0.75, "joy"},
                                                {LayerIndex{9}, LayerIndex{2}, 0.5, ""}};
    const std::string html = heat_map_html(cells);
    EXPECT_EQ(count(html, "<td style=") + count(html, "<td class=\"used\""), 3u);
    EXPECT_EQ(count(html, "class=\"absent\""), 1u);
    EXPECT_TRUE(contains(html, "title=\"source layer 3, target layer 5: CKA 0.75; used by joy\""));
    EXPECT_TRUE(contains(html, "--heat-share:1.000"));
    EXPECT_TRUE(contains(html, "--heat-share:0.500"));
    EXPECT_LT(html.find("<th scope=\"row\">9"), html.find("<th scope=\"row\">3"));
    EXPECT_EQ(heat_map_html({}), "");
}

TEST(HeatMap, OneValueHasAColourToo) {
    const std::vector<LayerSimilarity> cells = {{LayerIndex{3}, LayerIndex{2}, 0.25, ""}};
    EXPECT_TRUE(contains(heat_map_html(cells), "--heat-share:1.000"));
}

}  // namespace
}  // namespace contrans
