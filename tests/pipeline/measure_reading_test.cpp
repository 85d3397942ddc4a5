#include "contrans/pipeline/measure_reading.h"

#include "gtest/gtest.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

TEST(MeasureReading, TriesTheUsualWayFirstAndEveryWayOnce) {
    const auto trials = try_readings(testing::tiny_source_model(), testing::corpus(20), 2, {});
    ASSERT_EQ(trials.size(), 4U);
    EXPECT_EQ(trials.front().reading, ReadingOptions{});
    for (const ReadingTrial& trial : trials) EXPECT_GT(trial.tokens_per_second, 0);
    EXPECT_EQ(trials.back().reading.engine_threads, 2U);
    EXPECT_EQ(try_readings(testing::tiny_source_model(), testing::corpus(20), 1, {}).size(), 3U);
}

TEST(MeasureReading, LeavesTheUsualWayForAClearGainAlone) {
    const std::vector<ReadingTrial> close = {{{512, 1}, 1000}, {{256, 1}, 1040}};
    EXPECT_EQ(fastest(close).reading.batch_tokens, 512U);
    const std::vector<ReadingTrial> clear = {{{512, 1}, 1000}, {{256, 1}, 1100}, {{1024, 1}, 1060}};
    EXPECT_EQ(fastest(clear).reading.batch_tokens, 256U);
}

}  // namespace
}  // namespace contrans
