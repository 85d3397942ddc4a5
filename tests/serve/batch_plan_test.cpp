#include "contrans/serve/batch_plan.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace contrans {
namespace {

using Shares = std::vector<BatchShare>;
using Kind = PendingSlot::Kind;

TEST(BatchPlan, AnswersComeFirst) {
    const std::vector<PendingSlot> pending = {{0, 50, 1, Kind::reading}, {1, 1, 2, Kind::answering}};
    EXPECT_EQ(plan_batch(pending, {32, 16}), (Shares{{1, 1}, {0, 16}}));
}

TEST(BatchPlan, MorePromptsThatWaitGetMoreRoomBesideAnswers) {
    std::vector<PendingSlot> pending = {{0, 1, 1, Kind::answering}};
    const auto prompt_rows = [&] {
        std::size_t rows = 0;
        for (const BatchShare& share : plan_batch(pending, {64, 16})) rows += share.slot == 0 ? 0 : share.tokens;
        return rows;
    };
    for (const std::size_t expected : {16U, 16U, 24U, 32U, 40U, 48U, 56U, 63U, 63U}) {
        pending.push_back({pending.size(), 100, pending.size() + 1, Kind::reading});
        EXPECT_EQ(prompt_rows(), expected) << pending.size() - 1 << " prompts";
    }
}

TEST(BatchPlan, APromptAloneFillsTheBatch) {
    EXPECT_EQ(plan_batch(std::vector<PendingSlot>{{3, 50, 1, Kind::reading}}, {32, 16}), (Shares{{3, 32}}));
}

TEST(BatchPlan, TheShortestIsReadFirstAndTheOldestIsNotForgotten) {
    const std::vector<PendingSlot> pending = {
        {0, 400, 1, Kind::reading}, {1, 30, 2, Kind::reading}, {2, 20, 3, Kind::reading}};
    EXPECT_EQ(plan_batch(pending, {40, 40}), (Shares{{2, 20}, {1, 10}, {0, 10}}));
    EXPECT_EQ(plan_batch(pending, {80, 80}), (Shares{{2, 20}, {1, 30}, {0, 30}}));
}

TEST(BatchPlan, KeepsItsPromisesForRandomLoads) {
    std::mt19937 random(1);
    for (int round = 0; round < 500; ++round) {
        std::vector<PendingSlot> pending;
        const std::size_t n = 1 + random() % 16;
        for (std::size_t slot = 0; slot < n; ++slot) {
            const bool answering = random() % 2 == 0;
            pending.push_back(
                {slot, answering ? 1 : 1 + random() % 300, random(), answering ? Kind::answering : Kind::reading});
        }
        const BatchRoom room{16 + random() % 100, 1 + random() % 64};
        std::map<std::size_t, std::size_t> given;
        std::size_t total = 0;
        for (const BatchShare& share : plan_batch(pending, room)) {
            EXPECT_GT(share.tokens, 0U);
            EXPECT_EQ(given.count(share.slot), 0U);
            given[share.slot] = share.tokens;
            total += share.tokens;
        }
        EXPECT_LE(total, room.rows);
        EXPECT_GT(total, 0U);
        const PendingSlot* oldest = nullptr;
        std::size_t answers = 0;
        for (const PendingSlot& slot : pending) {
            EXPECT_LE(given[slot.slot], slot.tokens);
            if (slot.kind == Kind::answering) {
                EXPECT_EQ(given[slot.slot], 1U);
                ++answers;
            } else if (oldest == nullptr || slot.arrival < oldest->arrival) {
                oldest = &slot;
            }
        }
        if (oldest != nullptr && room.rows > answers) {
            EXPECT_GT(given[oldest->slot], 0U);
        }
        if (answers > 0) {
            const std::size_t prompts = std::max(pending.size() - answers, std::size_t{2});
            EXPECT_LE(total, answers + prompts * room.beside_answers / 2);
        }
    }
}

}  // namespace
}  // namespace contrans
