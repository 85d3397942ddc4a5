#include "contrans/evaluation/explanation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace contrans {
namespace {

Explanation example() {
    Explanation explanation;
    explanation.vector = "calm </script>";
    explanation.layers = {{LayerIndex{0}, 2.0, 0.0, 0.0, 0.5}, {LayerIndex{1}, 4.0, 0.4, 0.3, 0.6}};
    explanation.shares = {{LayerIndex{1}, 0.4, 1.0}};
    explanation.promoted = {{"quiet", 0.8}};
    explanation.suppressed = {{"storm", -1.2}};
    explanation.shown_layer = LayerIndex{1};
    explanation.texts = {{{" <b>", -0.2, 0.2}, {std::string("\xff"), 0.1, 0.5}}};
    return explanation;
}

TEST(Explanation, JsonHoldsWhatIsThere) {
    const auto json = nlohmann::json::parse(explanation_to_json(example()));
    EXPECT_EQ(json.at("layers").size(), 2U);
    EXPECT_EQ(json.at("layers").at(1).at("change"), 0.4);
    EXPECT_EQ(json.at("promoted").at(0).at("word"), "quiet");
    EXPECT_EQ(json.at("suppressed").at(0).at("change"), -1.2);
    EXPECT_EQ(json.at("texts").at(0).at(0).at("token"), " <b>");
    EXPECT_EQ(json.at("texts").at(0).at(1).at("steered"), 0.5);
}

TEST(Explanation, ThePageShowsTokensAsText) {
    const std::string page = render_explanation_html(example());
    EXPECT_EQ(page.find(" <b>"), std::string::npos);
    EXPECT_NE(page.find(" &lt;b&gt;"), std::string::npos);
    EXPECT_EQ(page.find("calm </script>"), std::string::npos);
    EXPECT_NE(page.find("class=\"away\" style=\"--share:0.40\" title=\"-0.20\""), std::string::npos);
    EXPECT_NE(page.find("class=\"toward\" style=\"--share:1.00\" title=\"0.50\""), std::string::npos);
    EXPECT_NE(page.find("storm"), std::string::npos);
    Explanation without = example();
    without.texts.clear();
    EXPECT_EQ(render_explanation_html(without).find("Where the concept is"), std::string::npos);
}

}  // namespace
}  // namespace contrans
