#include "contrans/evaluation/suffix_attack.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"

namespace contrans {
namespace {

const SuffixAttack kAttack = {"<joy>", "Rain under the bridge.", "Nine by noon.", "margin", 4.5, -0.25, 96};

TEST(SuffixAttack, IsReadAsItWasWritten) {
    const testing::TemporaryFolder folder;
    const auto file = folder / "attack.json";
    write_suffix_attack(kAttack, file);
    const SuffixAttack read = read_suffix_attack(file);
    EXPECT_EQ(suffix_attacks_to_json({&read, 1}), suffix_attacks_to_json({&kAttack, 1}));
    const auto list = nlohmann::json::parse(suffix_attacks_to_json({&read, 1}));
    EXPECT_EQ(list.at(0).at("suffix"), "Rain under the bridge.");
    EXPECT_EQ(list.at(0).at("after"), -0.25);
    EXPECT_EQ(list.at(0).at("tried"), 96);
    testing::write_bytes(file, R"({"vector": "joy", "suffix": 7})");
    EXPECT_TRUE(
        testing::throws_error(ErrorKind::format, {"attack.json", "suffix"}, [&] { (void)read_suffix_attack(file); }));
}

TEST(SuffixAttack, IsShownToPeople) {
    SuffixAttack without = kAttack;
    without.suffix = without.random = "";
    const std::vector<SuffixAttack> attacks = {kAttack, without};
    const std::string html = suffix_attacks_html(attacks);
    for (const char* part : {"&lt;joy&gt;", "Rain under the bridge.", "4.50", "-0.25", "none makes it worse"})
        EXPECT_NE(html.find(part), std::string::npos) << part;
    EXPECT_EQ(html.find("<joy>"), std::string::npos);
    EXPECT_EQ(suffix_attacks_html({}), "");
}

}  // namespace
}  // namespace contrans
