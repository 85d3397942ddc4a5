#include "contrans/cluster/communicator.h"

#include <atomic>
#include <cmath>
#include <cstddef>
#include <mutex>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cluster/thread_group.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::run_ranks;
using testing::throws_error;

std::vector<double> values_of(std::size_t rank, std::size_t n) {
    std::mt19937 random(static_cast<unsigned>(rank + 1));
    std::normal_distribution<double> normal;
    std::vector<double> values(n);
    for (double& value : values) value = normal(random);
    return values;
}

TEST(SingleProcess, IsTheWholeGroup) {
    Communicator& group = alone();
    EXPECT_EQ(group.rank(), 0U);
    EXPECT_EQ(group.size(), 1U);
    EXPECT_TRUE(group.is_first());
    std::vector<double> values = {1, 2};
    group.sum(values);
    EXPECT_EQ(values, (std::vector<double>{1, 2}));
    EXPECT_EQ(group.broadcast(std::string("here")), "here");
    EXPECT_NO_THROW(group.barrier());
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"another rank", "got rank 1"}, [&] { group.send(1, {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"another rank", "got rank 0"}, [&] { group.receive(0, {}); }));
}

class Groups : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Groups, ::testing::Values(1, 2, 3, 4, 5, 7, 8, 13));

TEST_P(Groups, SumOverAllRanks) {
    const std::size_t ranks = GetParam();
    constexpr std::size_t n = (1 << 20) + 77;  // more than one piece
    std::vector<double> expected(n);
    for (std::size_t r = 0; r < ranks; ++r) {
        const auto of_rank = values_of(r, n);
        for (std::size_t i = 0; i < n; ++i) expected[i] += of_rank[i];
    }
    run_ranks(ranks, [&](Communicator& group) {
        std::vector<double> values = values_of(group.rank(), n);
        group.sum(values);
        for (std::size_t i = 0; i < n; ++i) ASSERT_NEAR(values[i], expected[i], 1e-12) << i;
    });
}

TEST_P(Groups, SumsHaveTheSameBitsEverywhereAndEveryTime) {
    const std::size_t ranks = GetParam();
    std::mutex mutex;
    std::vector<std::vector<double>> sums;
    for (int run = 0; run < 3; ++run) {
        run_ranks(ranks, [&](Communicator& group) {
            std::vector<double> values = values_of(group.rank(), 1000);
            group.sum(values);
            const std::scoped_lock lock(mutex);
            sums.push_back(values);
        });
    }
    for (const auto& sum : sums) EXPECT_EQ(sum, sums.front());
}

TEST_P(Groups, BroadcastGivesRankZerosBytes) {
    run_ranks(GetParam(), [](Communicator& group) {
        EXPECT_EQ(group.broadcast("text of rank " + std::to_string(group.rank())), "text of rank 0");
        EXPECT_EQ(group.broadcast(std::string(group.rank(), 'x')), "");
    });
}

TEST_P(Groups, BarrierWaitsForAll) {
    std::atomic<std::size_t> arrived{0};
    run_ranks(GetParam(), [&](Communicator& group) {
        ++arrived;
        group.barrier();
        EXPECT_EQ(arrived, group.size());
    });
}

TEST_P(Groups, EveryItemHasOneOwner) {
    std::vector<std::atomic<int>> owners(20);
    run_ranks(GetParam(), [&](Communicator& group) {
        for (std::size_t i = 0; i < owners.size(); ++i) owners[i] += group.owns(i) ? 1 : 0;
    });
    for (const auto& n : owners) EXPECT_EQ(n, 1);
}

TEST(Group, AFailureOfOneRankEndsTheOthersWait) {
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"rank 2"}, [] {
        run_ranks(4, [](Communicator& group) {
            if (group.rank() == 2) throw Error(ErrorKind::numeric, "rank 2 fails");
            group.barrier();
        });
    }));
}

TEST(Group, AMessageOfAnotherLengthIsRefused) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"another length"}, [] {
        run_ranks(2, [](Communicator& group) {
            std::vector<std::byte> bytes(3 + group.rank());
            if (group.is_first())
                group.send(1, bytes);
            else
                group.receive(0, bytes);
        });
    }));
}

}  // namespace
}  // namespace contrans
