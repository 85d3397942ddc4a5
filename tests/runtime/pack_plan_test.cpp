#include "contrans/runtime/pack_plan.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace contrans {
namespace {

using Requests = std::vector<SequenceRequest>;

SequenceRequest request_of(std::vector<Token> tokens, std::vector<std::size_t> logit_positions = {}) {
    return {std::move(tokens), std::move(logit_positions), nullptr};
}

/// Texts over few tokens, so that they share beginnings of all lengths.
Requests random_requests(unsigned seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::vector<std::shared_ptr<const SteeringPlan>> plans = {
        nullptr, std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{1}, {1.0F}}})};
    Requests requests;
    for (std::size_t i = 0; i < 60; ++i) {
        SequenceRequest request;
        if (!requests.empty() && below(3) != 0) {
            const auto& from = requests[below(requests.size())].tokens;
            request.tokens.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(1 + below(from.size())));
        }
        for (std::size_t n = 1 + below(40); n > 0; --n) request.tokens.push_back(static_cast<Token>(below(3)));
        for (std::size_t p = 0; p < request.tokens.size(); ++p) {
            if (below(12) == 0) request.logit_positions.push_back(p);
        }
        request.steering = plans[below(plans.size())];
        requests.push_back(std::move(request));
    }
    return requests;
}

/// Walks the packs as a reader does, and checks that every token of every request is read after its own past.
void expect_sound(const Requests& requests, const PackLimits& limits, const std::vector<Pack>& packs) {
    std::vector<std::size_t> read(requests.size(), 0);
    const PackedRequest* last = nullptr;
    for (const Pack& pack : packs) {
        ASSERT_FALSE(pack.empty());
        ASSERT_LE(pack.size(), limits.requests);
        std::size_t rows = 0;
        std::set<std::pair<std::size_t, std::size_t>> logit_rows;  // request that owns the row, position
        std::size_t kept = pack.front().begin;
        const std::size_t stem = kept;
        for (std::size_t i = 0; i < pack.size(); ++i) {
            const auto& [index, begin, end] = pack[i];
            const SequenceRequest& request = requests[index];
            kept = std::min(kept, begin);
            rows += end - begin;
            if (begin > 0) {
                const PackedRequest* before = i == 0 ? last : &pack[i - 1];
                ASSERT_NE(before, nullptr);
                const SequenceRequest& other = requests[before->request];
                ASSERT_LE(begin, before->end);
                EXPECT_EQ(request.steering, other.steering);
                EXPECT_TRUE(std::equal(request.tokens.begin(),
                                       request.tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                                       other.tokens.begin()));
            }
            // A piece goes on where the one before it ended; a whole request is read at once.
            EXPECT_TRUE(read[index] == 0 || (i == 0 && read[index] == begin));
            for (const std::size_t p : request.logit_positions) {
                if (p >= end || p < read[index]) continue;
                EXPECT_GE(p, kept) << "logits of a row that an earlier pack decoded";
                std::size_t owner = i;
                while (pack[owner].begin > p) --owner;
                logit_rows.insert({owner, p});
            }
            read[index] = end;
        }
        EXPECT_GT(rows, 0U);
        EXPECT_LE(rows, limits.rows);
        EXPECT_LE(rows + stem, limits.context_tokens);
        EXPECT_LE(limits.wanting == PackLimits::LogitRows::every_row ? rows : logit_rows.size(), limits.logit_rows);
        last = &pack.back();
    }
    for (std::size_t i = 0; i < requests.size(); ++i) EXPECT_EQ(read[i], requests[i].tokens.size());
}

TEST(PackPlan, EveryTokenIsReadAfterItsPastWithinTheLimits) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        const Requests requests = random_requests(seed);
        for (const std::size_t rows : {8UL, 50UL, 400UL}) {
            const PackLimits as_asked{rows, 300, 7, 5, PackLimits::LogitRows::as_asked};
            expect_sound(requests, as_asked, plan_packs(requests, as_asked));
            const PackLimits every_row{rows, 300, 30, rows, PackLimits::LogitRows::every_row};
            expect_sound(requests, every_row, plan_packs(requests, every_row));
        }
    }
}

TEST(PackPlan, WhatIsSharedIsPlannedOnceAcrossPacks) {
    // 50 texts of 100 common tokens and 3 of their own, in packs of about 20 rows.
    Requests requests;
    for (Token i = 0; i < 50; ++i) {
        std::vector<Token> tokens(100, 7);
        tokens.insert(tokens.end(), {100 + i, 1, 2});
        requests.push_back(request_of(tokens, {102}));
    }
    const PackLimits limits{.rows = 120, .context_tokens = 300, .requests = 6, .logit_rows = 64};
    std::size_t rows = 0;
    const auto packs = plan_packs(requests, limits);
    for (const Pack& pack : packs) {
        for (const PackedRequest& packed : pack) rows += packed.end - packed.begin;
    }
    EXPECT_EQ(rows, 100U + 50U * 3U);
    EXPECT_EQ(packs.size(), 9U);
}

TEST(PackPlan, NoRequestsMakeNoPacks) { EXPECT_TRUE(plan_packs({}, {}).empty()); }

}  // namespace
}  // namespace contrans
