// harvest_to_store over the ranks of a group, here threads.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "contrans/pipeline/harvest_to_store.h"
#include "gtest/gtest.h"
#include "tests/cluster/thread_group.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::run_ranks;
using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;

std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (unsigned i = 0; i < 30; ++i) all.push_back(testing::english(10 + 7 * (i * i % 13), i));
    return all;
}

StoreRequest request(std::size_t shard_tokens = 200) {
    StoreRequest request;
    request.layers = {LayerIndex{1}, LayerIndex{2}};
    request.position = StoredPosition::aligned;
    request.aligned_with = tiny_target_model();
    request.made_by = "a test";
    request.shard_tokens = shard_tokens;
    request.threads = 1;
    return request;
}

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files[entry.path().filename()] = testing::read_bytes(entry.path());
    return files;
}

class SharedHarvest : public ::testing::TestWithParam<std::size_t> {
protected:
    /// @return the first rank's summary
    [[nodiscard]] StoreSummary harvest(std::size_t ranks, const std::string& folder) const {
        StoreSummary first;
        run_ranks(ranks, [&](Communicator& group) {
            const StoreSummary summary =
                harvest_to_store(tiny_source_model(), texts(), folder_ / folder, request(), {}, group);
            EXPECT_TRUE(summary.index.complete);
            if (group.is_first()) first = summary;
        });
        return first;
    }

    testing::TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Ranks, SharedHarvest, ::testing::Values(2, 3, 4, 16));

TEST_P(SharedHarvest, GivesTheBytesOfOneProcess) {
    const StoreSummary one = harvest_to_store(tiny_source_model(), texts(), folder_ / "one", request(), {});
    ASSERT_GT(one.index.shards.size(), 4U);
    ASSERT_LT(one.index.shards.size(), 16U) << "some ranks shall have no work";
    const StoreSummary shared = harvest(GetParam(), "shared");
    EXPECT_EQ(files_of(folder_ / "shared"), files_of(folder_ / "one"));
    EXPECT_EQ(shared.tokens_read, one.tokens_read);
    EXPECT_EQ(shared.texts_unspelt, one.texts_unspelt);
    EXPECT_EQ(shared.index.aligned_share, one.index.aligned_share);
}

TEST_P(SharedHarvest, GoesOnWhereOthersStopped) {
    (void)harvest(1, "whole");
    std::filesystem::copy(folder_ / "whole", folder_ / "partly");
    std::size_t removed = 0;
    for (const std::string shard : {"00000", "00002", "00003"})
        removed += std::filesystem::remove(folder_ / "partly" / ("shard-" + shard + ".tokens.npy")) ? 1U : 0U;
    ASSERT_EQ(removed, 3U);
    const StoreSummary summary = harvest(GetParam(), "partly");
    EXPECT_EQ(summary.shards_kept, summary.index.shards.size() - 3);
    EXPECT_EQ(files_of(folder_ / "partly"), files_of(folder_ / "whole"));
}

TEST_P(SharedHarvest, OneRanksFailureIsSaidAndKeepsTheRest) {
    const auto read_with = [&](std::size_t failing) {
        run_ranks(GetParam(), [&](Communicator& group) {
            const auto& model = group.rank() == failing ? tiny_target_model() : tiny_source_model();
            StoreRequest other = request();
            if (group.rank() == failing) other.aligned_with = tiny_source_model();
            (void)harvest_to_store(model, texts(), folder_ / "states", other, {}, group);
        });
    };
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"does not read what rank 0 reads", "model"},
                             [&] { read_with(GetParam() - 1); }));
    (void)harvest(1, "whole");
    (void)harvest(GetParam(), "states");
    EXPECT_EQ(files_of(folder_ / "states"), files_of(folder_ / "whole"));
}

TEST(SharedFolder, IsNeededByAll) {
    const testing::TemporaryFolder folder;
    EXPECT_TRUE(throws_error(ErrorKind::io, {"index.json", "a file system that all ranks see"}, [&] {
        run_ranks(2, [&](Communicator& group) {
            const std::string own = "states" + std::to_string(group.rank());
            (void)harvest_to_store(tiny_source_model(), texts(), folder / own, request(), {}, group);
        });
    }));
}

/// Counts what is reported.
class Record : public ProgressSink {
public:
    void begin(std::string_view, std::string_view, std::size_t total) override { total_ = total; }
    void advance(std::size_t done) override {
        rises_ = rises_ && done >= done_;
        done_ = done;
    }
    void end() override {
        done_at_end_ = done_;
        done_ = 0;
    }

    std::size_t total_ = 0;
    std::size_t done_ = 0;
    std::size_t done_at_end_ = 0;
    bool rises_ = true;
};

TEST_P(SharedHarvest, TheFirstRanksProgressStandsForAll) {
    Record record;
    run_ranks(GetParam(), [&](Communicator& group) {
        const RunContext context{group.is_first() ? &record : nullptr, {}};
        (void)harvest_to_store(tiny_source_model(), texts(), folder_ / "states", request(), context, group);
    });
    EXPECT_EQ(record.total_, texts().size());
    EXPECT_EQ(record.done_at_end_, texts().size());
    EXPECT_TRUE(record.rises_);
}

}  // namespace
}  // namespace contrans
