#include "contrans/evaluation/side_effects.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

/// Twenty items that the vector turns from 0 to `steered`.
SideEffectValues cell(const std::string& vector, const std::string& task, double steered) {
    return {vector, task, "choice", std::vector<double>(20, 0.0), std::vector<double>(20, steered), {}};
}

TEST(SideEffects, CorrectsForTheWholeTable) {
    const std::vector<SideEffectValues> cells = {cell("<calm>", "fear", 1), cell("<calm>", "joy", 0)};
    const std::vector<SideEffect> effects = summarise_side_effects(cells, {});
    ASSERT_EQ(effects.size(), 2U);
    EXPECT_EQ(effects[0].n, 20U);
    EXPECT_EQ(effects[0].steered, 1.0);
    EXPECT_EQ(effects[0].low, 1.0);
    EXPECT_EQ(effects[0].p_adjusted, 2 * effects[0].p);
    EXPECT_EQ(effects[0].q, 2 * effects[0].p) << "as in a table of two, one of them chance";
    EXPECT_TRUE(is_likely(effects[0]));
    EXPECT_FALSE(is_likely(effects[1]));
    EXPECT_TRUE(is_certain(effects[0]));
    EXPECT_FALSE(is_certain(effects[1]));
    const std::string html = side_effects_html(effects);
    EXPECT_NE(html.find("&lt;calm&gt;"), std::string::npos);
    EXPECT_NE(html.find("+1.00 [1.00, 1.00]"), std::string::npos);
    EXPECT_EQ(html.find("certain", html.find("certain") + 1), std::string::npos) << "one cell alone is certain";
    EXPECT_EQ(side_effects_html({}), "");
}

TEST(SideEffects, MarginsAreTestedByTheirSizeAndHaveATableOfTheirOwn) {
    std::vector<SideEffectValues> cells = {cell("calm", "joy", 1), cell("calm", "joy", 1)};
    cells[1].metric = "margin";
    for (SideEffectValues& of : cells) {
        for (std::size_t i = 0; i < of.steered.size(); ++i) {
            of.groups.push_back(i % 2 == 0 ? "left" : i % 4 == 1 ? "right" : "");
            if (of.metric == "margin") of.steered[i] += i % 2 == 0 ? 0.1 : i % 4 == 1 ? 0 : -0.1;
        }
    }
    const std::vector<SideEffect> effects = summarise_side_effects(cells, {});
    EXPECT_GT(effects[0].p, 0.01) << "seven groups: two of 128 sign patterns";
    EXPECT_LT(effects[1].p, 1e-6);
    const std::string html = side_effects_html(effects);
    const std::size_t margin = html.find("By the margin");
    ASSERT_NE(margin, std::string::npos);
    EXPECT_NE(html.find("certain", margin), std::string::npos);
    EXPECT_EQ(side_effects_html({effects.data(), 1}).find("By the margin"), std::string::npos);
}

TEST(SideEffects, CalibrationHasATableOfItsOwn) {
    std::vector<SideEffectValues> cells = {cell("calm", "joy", 1), cell("calm", "joy", 0.25)};
    EXPECT_EQ(side_effects_html(summarise_side_effects({cells.data(), 1}, {})).find("Calibration"), std::string::npos);
    cells[1].metric = "overconfidence";
    const std::string html = side_effects_html(summarise_side_effects(cells, {}));
    const std::size_t calibration = html.find("Calibration");
    ASSERT_NE(calibration, std::string::npos);
    EXPECT_LT(html.find("+1.00 ["), calibration);
    EXPECT_GT(html.find("+0.25 ["), calibration);
}

TEST(SideEffects, ParityHasATableOfItsOwn) {
    std::vector<SideEffectValues> cells = {cell("calm", "joy", 1), cell("calm", "joy", 0.25)};
    EXPECT_EQ(side_effects_html(summarise_side_effects(cells, {})).find("Parity"), std::string::npos);
    cells[1].metric = "parity";
    const std::string html = side_effects_html(summarise_side_effects(cells, {}));
    ASSERT_NE(html.find("<h2>Parity</h2>"), std::string::npos);
    EXPECT_GT(html.find("+0.25 ["), html.find("<h2>Parity</h2>"));
}

TEST(SideEffects, AFileGivesBackWhatWasWritten) {
    const testing::TemporaryFolder folder;
    const std::vector<SideEffectValues> cells = {cell("calm", "fear", 1), cell("calm", "joy", 0.25)};
    const std::vector<SideEffect> effects = summarise_side_effects(cells, {});
    write_side_effects(effects, folder / "effects.json");
    EXPECT_EQ(side_effects_to_json(read_side_effects(folder / "effects.json")), side_effects_to_json(effects));
    testing::write_bytes(folder / "bad.json", "[{\"vector\": 1}]");
    EXPECT_TRUE(
        throws_error(ErrorKind::format, {"bad.json", "vector"}, [&] { (void)read_side_effects(folder / "bad.json"); }));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"none.json"}, [&] { (void)read_side_effects(folder / "none.json"); }));
}

TEST(SideEffects, UnequalItemsNameTheCell) {
    SideEffectValues odd = cell("calm", "fear", 1);
    odd.steered.pop_back();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"calm on fear"},
                             [&] { (void)summarise_side_effects(std::vector<SideEffectValues>{odd}, {}); }));
}

}  // namespace
}  // namespace contrans
