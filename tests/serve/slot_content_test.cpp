#include "contrans/serve/slot_content.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace contrans {
namespace {

using Plan = SlotContent::Plan;

Plan plan(float value) {
    return std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{1}, {value, 1}}});
}

RequestSteering steered(const Plan& prompt, const Plan& generated) { return {{{0, prompt, generated}}, {}}; }

SlotContent content(const std::vector<std::pair<Token, Plan>>& tokens) {
    SlotContent made;
    for (const auto& [token, with] : tokens) made.append(token, with);
    return made;
}

TEST(SlotContent, AgreesAsFarAsTheTokensDo) {
    const SlotContent slot = content({{1, nullptr}, {2, nullptr}, {3, nullptr}});
    EXPECT_EQ(slot.agreement(std::vector<Token>{1, 2, 9}, {}), 2U);
    EXPECT_EQ(slot.agreement(std::vector<Token>{1, 2}, {}), 2U);
    EXPECT_EQ(slot.agreement(std::vector<Token>{1, 2, 3, 4}, {}), 3U);
    EXPECT_EQ(slot.agreement(std::vector<Token>{9}, {}), 0U);
}

TEST(SlotContent, AgreesAsFarAsTheSteeringDoes) {
    const Plan a = plan(1);
    const SlotContent slot = content({{1, nullptr}, {2, a}, {3, a}});
    const std::vector<Token> prompt = {1, 2, 3};
    EXPECT_EQ(slot.agreement(prompt, {}), 1U);
    EXPECT_EQ(slot.agreement(prompt, steered(a, nullptr)), 0U);
    const RequestSteering late({{0, nullptr, nullptr}, {1, a, a}}, {});
    EXPECT_EQ(slot.agreement(prompt, late), 3U);
    // Another object that does the same, and one that does not.
    EXPECT_EQ(slot.agreement(prompt, RequestSteering({{0, nullptr, nullptr}, {1, plan(1), nullptr}}, {})), 3U);
    EXPECT_EQ(slot.agreement(prompt, RequestSteering({{0, nullptr, nullptr}, {1, plan(2), nullptr}}, {})), 1U);
}

TEST(SlotContent, WhatWasGeneratedIsReadByAnotherAsItsPrompt) {
    const Plan a = plan(1);
    const SlotContent slot = content({{1, nullptr}, {2, a}});  // the second was generated
    EXPECT_EQ(slot.agreement(std::vector<Token>{1, 2}, steered(nullptr, a)), 1U);
}

TEST(SlotContent, KnowsWhereItsSteeringBegins) {
    EXPECT_EQ(content({}).unsteered_beginning(), 0U);
    EXPECT_EQ(content({{1, nullptr}, {2, nullptr}}).unsteered_beginning(), 2U);
    EXPECT_EQ(content({{1, nullptr}, {2, plan(1)}, {3, nullptr}}).unsteered_beginning(), 1U);
    EXPECT_EQ(content({{1, plan(1)}}).unsteered_beginning(), 0U);
}

TEST(SlotContent, CanBeCut) {
    SlotContent slot = content({{1, nullptr}, {2, nullptr}, {3, nullptr}});
    slot.cut(2);
    EXPECT_EQ(slot.size(), 2U);
    slot.cut(5);
    EXPECT_EQ(slot.size(), 2U);
}

}  // namespace
}  // namespace contrans
