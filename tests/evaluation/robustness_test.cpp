#include "contrans/evaluation/robustness.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

using testing::throws_error;

/// Twenty items in ten groups of which the vector turns the first `turned`, where it turned the first `before`.
VariantValues row(const std::string& variant, std::size_t turned, std::size_t before) {
    VariantValues values{.vector = "<calm>",
                         .variant = variant,
                         .metric = "choice",
                         .unsteered = {},
                         .steered = {},
                         .groups = {},
                         .steered_before = {},
                         .gain_before = {},
                         .test_steered = 0,
                         .test_gain = 0};
    for (std::size_t i = 0; i < 20; ++i) {
        values.unsteered.push_back(0);
        values.steered.push_back(i < turned ? 1 : 0);
        values.gain_before.push_back(i < before ? 1 : 0);
        values.steered_before.push_back(i < before ? 1 : 0);
        values.groups.push_back("g" + std::to_string(i % 10));
    }
    return values;
}

VariantEffect effect_of(const VariantValues& values) { return summarise_robustness(std::vector{values}, {}).front(); }

TEST(Robustness, SaysWhatBecameOfAnEffect) {
    EXPECT_EQ(verdict_of(effect_of(row("paraphrase", 19, 20))), Robustness::holds);
    EXPECT_EQ(verdict_of(effect_of(row("long", 20, 2))), Robustness::holds) << "more than before";
    EXPECT_EQ(verdict_of(effect_of(row("suffix", 8, 20))), Robustness::weaker);
    EXPECT_EQ(verdict_of(effect_of(row("against", 0, 20))), Robustness::lost);
    VariantValues primed = row("against", 20, 20);
    for (std::size_t i = 0; i < 12; ++i) primed.unsteered[i] = 1;
    EXPECT_LT(effect_of(primed).change.high, 0);
    EXPECT_EQ(verdict_of(effect_of(primed)), Robustness::holds) << "the variant alone moves it, and all are reached";
    EXPECT_EQ(verdict_of(effect_of(row("german", 0, 0))), Robustness::undecided) << "there was nothing to lose";
    VariantValues few = row("german", 0, 8);
    few.steered[3] = few.steered[4] = 1;
    EXPECT_EQ(verdict_of(effect_of(few)), Robustness::undecided) << "0 to 0.25 of 0.4";
}

TEST(Robustness, ComparesWithTheVeryItemsThatWereChanged) {
    const VariantEffect effect = effect_of(row("suffix", 8, 20));
    EXPECT_EQ(effect.n, 20U);
    EXPECT_EQ(effect.paired, 20U);
    EXPECT_EQ(effect.test_gain, 1.0);
    EXPECT_EQ(effect.gain.value, 0.4);
    EXPECT_DOUBLE_EQ(effect.change.value, -0.6);
    EXPECT_LT(effect.change.high, 0);
    VariantValues unpaired = row("chat", 8, 20);
    unpaired.gain_before.clear();
    unpaired.steered_before.clear();
    unpaired.test_gain = 0.75;
    EXPECT_EQ(effect_of(unpaired).paired, 0U);
    EXPECT_EQ(effect_of(unpaired).test_gain, 0.75);
    EXPECT_EQ(verdict_of(effect_of(unpaired)), Robustness::holds) << "a loss is certain only where items are paired";
}

TEST(Robustness, CorrectsForTheWholeTable) {
    const std::vector<VariantEffect> effects = summarise_robustness(std::vector{row("a", 20, 20), row("b", 0, 20)}, {});
    EXPECT_EQ(effects[0].p_adjusted, 2 * effects[0].p);
    VariantValues odd = row("a", 1, 1);
    odd.steered.pop_back();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"<calm> on a"}, [&] { (void)effect_of(odd); }));
    odd = row("a", 1, 1);
    odd.gain_before.pop_back();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"<calm> on a"}, [&] { (void)effect_of(odd); }));
}

TEST(Robustness, IsShownAsAMatrixAndAsLines) {
    std::vector<VariantEffect> effects = summarise_robustness(std::vector{row("a", 20, 20), row("b", 0, 20)}, {});
    effects.push_back(effects[0]);
    effects.back().vector = "other";
    const std::string html = robustness_html(effects);
    EXPECT_NE(html.find("&lt;calm&gt;"), std::string::npos);
    EXPECT_NE(html.find("+1.00 [1.00, 1.00]"), std::string::npos);
    EXPECT_NE(html.find("lost: -1.00 [-1.00, -1.00] against its test items"), std::string::npos) << html;
    EXPECT_NE(html.find("2 holds, 0 weaker, 1 lost, 0 undecided"), std::string::npos) << html;
    EXPECT_EQ(robustness_html({}), "");
    EXPECT_EQ(robustness_table({}), "");
    EXPECT_NE(robustness_table(effects).find("<calm>, b: 0.00 [0.00, 0.00] (test items +1.00, n 20): lost\n"),
              std::string::npos)
        << robustness_table(effects);
}

TEST(Robustness, AFileGivesBackWhatWasWritten) {
    const testing::TemporaryFolder folder;
    const std::vector<VariantEffect> effects = summarise_robustness(std::vector{row("a", 19, 20), row("b", 7, 20)}, {});
    write_robustness(effects, folder / "effects.json");
    EXPECT_EQ(robustness_to_json(read_robustness(folder / "effects.json")), robustness_to_json(effects));
    testing::write_bytes(folder / "bad.json", "[{\"vector\": \"a\", \"variant\": 1}]");
    EXPECT_TRUE(
        throws_error(ErrorKind::format, {"bad.json", "variant"}, [&] { (void)read_robustness(folder / "bad.json"); }));
    EXPECT_TRUE(throws_error(ErrorKind::io, {"none.json"}, [&] { (void)read_robustness(folder / "none.json"); }));
}

}  // namespace
}  // namespace contrans
