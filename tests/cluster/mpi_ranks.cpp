// The ranks that mpirun starts, put to the test; each rank runs this whole program.
#include <cstddef>
#include <numeric>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "contrans/cluster/job.h"
#include "contrans/cluster/mpi_communicator.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

Job* job = nullptr;

TEST(MpiRanks, KnowTheirPlaces) {
    Communicator& ranks = job->ranks();
    std::vector<double> seen(ranks.size());
    seen[ranks.rank()] = 1;
    ranks.sum(seen);
    EXPECT_EQ(seen, std::vector<double>(ranks.size(), 1));
    EXPECT_EQ(job->ranks_here(), ranks.size());
    EXPECT_EQ(describe(ranks).find("rank " + std::to_string(ranks.rank()) + " of " + std::to_string(ranks.size())), 0U);
}

TEST(MpiRanks, SumInSeveralPieces) {
    Communicator& ranks = job->ranks();
    std::vector<double> values((1 << 21) + 5, static_cast<double>(ranks.rank() + 1));
    ranks.sum(values);
    const auto n = static_cast<double>(ranks.size());
    EXPECT_EQ(values, std::vector<double>(values.size(), n * (n + 1) / 2));
}

TEST(MpiRanks, BroadcastTexts) {
    EXPECT_EQ(job->ranks().broadcast("text of " + std::to_string(job->ranks().rank())), "text of 0");
    job->ranks().barrier();
}

// MPI counts bytes in int: longer messages go in pieces, here of 100 bytes.
TEST(MpiRanks, CutLongMessages) {
    MpiCommunicator ranks({}, 100);
    for (const std::size_t length : {0U, 99U, 100U, 101U, 1000U, 1234U}) {
        std::vector<unsigned char> message(length);
        if (ranks.is_first()) std::iota(message.begin(), message.end(), static_cast<unsigned char>(1));
        ranks.broadcast(std::as_writable_bytes(std::span(message)));
        for (std::size_t i = 0; i < length; ++i) ASSERT_EQ(message[i], static_cast<unsigned char>(i + 1)) << i;
    }
}

TEST(MpiRanks, RefuseAMessageOfAnotherLength) {
    std::stop_source stop;
    MpiCommunicator ranks(stop.get_token());
    std::vector<std::byte> bytes(24);
    if (ranks.is_first()) {
        EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"rank 1 sent 24 bytes", "rank 0 expects 16"},
                                          [&] { ranks.receive(1, std::span(bytes).first(16)); }));
    } else if (ranks.rank() == 1) {
        // Nobody takes it.
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            stop.request_stop();
        });
        EXPECT_TRUE(testing::throws_error(ErrorKind::interrupted, {"waiting"}, [&] { ranks.send(0, bytes); }));
    }
    job->ranks().barrier();
}

TEST(MpiRanks, AStopEndsTheWaitForAnotherRank) {
    std::stop_source stop;
    MpiCommunicator ranks(stop.get_token());
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        stop.request_stop();
    });
    std::vector<std::byte> bytes(8);
    const std::size_t next = (ranks.rank() + 1) % ranks.size();
    EXPECT_TRUE(testing::throws_error(ErrorKind::interrupted, {"waiting"}, [&] { ranks.receive(next, bytes); }));
    job->ranks().barrier();
}

TEST(MpiRanks, HearWhoHasSpoken) {
    Communicator& ranks = job->ranks();
    if (ranks.is_first()) {
        EXPECT_FALSE(job->hears_another(std::chrono::milliseconds(10)));
        for (std::size_t other = 1; other < ranks.size(); ++other) job->tell(other);
    } else {
        EXPECT_TRUE(job->hears_another(std::chrono::seconds(10)));
    }
    ranks.barrier();
}

}  // namespace
}  // namespace contrans

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    const auto joined = contrans::join_job({});
    contrans::job = joined.get();
    const int result = RUN_ALL_TESTS();
    joined->ranks().barrier();
    return result;
}
