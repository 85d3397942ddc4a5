#include "apps/server/model_name.h"

#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

ModelName parse(std::string_view text) { return parse_model_name(text, {"gemma", "c++model"}); }

TEST(ModelName, plain) {
    EXPECT_EQ(parse("gemma").base, "gemma");
    EXPECT_TRUE(parse("gemma").concepts.empty());
    EXPECT_EQ(parse("").base, "");
    EXPECT_EQ(parse("another").base, "another");
}

TEST(ModelName, carries_concepts_with_and_without_doses) {
    const ModelName name = parse("gemma+polite@0.2+happy+calm@-1.5e-1+dry@+3");
    EXPECT_EQ(name.base, "gemma");
    ASSERT_EQ(name.concepts.size(), 4U);
    EXPECT_EQ(name.concepts[0].name, "polite");
    EXPECT_EQ(name.concepts[0].dose, 0.2);
    EXPECT_EQ(name.concepts[1].name, "happy");
    EXPECT_FALSE(name.concepts[1].dose.has_value());
    EXPECT_EQ(name.concepts[2].dose, -0.15);
    EXPECT_EQ(name.concepts[3].dose, 3);
    EXPECT_EQ(parse("gemma+a@1+b").concepts.at(1).name, "b");
    EXPECT_EQ(parse("other+a@1").base, "other");
}

TEST(ModelName, a_served_name_may_hold_the_sign_itself) {
    const ModelName name = parse("c++model+polite");
    EXPECT_EQ(name.base, "c++model");
    ASSERT_EQ(name.concepts.size(), 1U);
    EXPECT_EQ(name.concepts[0].name, "polite");
}

TEST(ModelName, a_longer_name_is_not_cut_to_a_served_one) { EXPECT_EQ(parse("gemma3").base, "gemma3"); }

TEST(ModelName, broken_ones_are_refused) {
    for (const char* text : {"gemma+", "gemma++polite", "gemma+polite@", "gemma+polite@x", "gemma+polite@1@2",
                             "gemma+polite@nan", "gemma+polite@inf", "gemma+polite@1e999", "gemma+po lite", "gemma+@1",
                             "gemma+.hidden", "gemma+a/b", "gemma+a@+", "gemma+a@1 "}) {
        EXPECT_TRUE(refuses({400, "model"}, [&] { (void)parse(text); })) << text;
    }
    EXPECT_TRUE(refuses({400, "model", "64"}, [] { (void)parse("gemma+" + std::string(65, 'a')); }));
    std::string many = "gemma";
    for (int i = 0; i < 17; ++i) many += "+a" + std::to_string(i);
    EXPECT_TRUE(refuses({400, "model", "16"}, [&] { (void)parse(many); }));
}

}  // namespace
}  // namespace contrans::server
