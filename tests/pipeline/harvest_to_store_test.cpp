#include "contrans/pipeline/harvest_to_store.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <stop_token>
#include <string>
#include <vector>

#include "contrans/core/utf8.h"
#include "contrans/harvest/activation_reader.h"
#include "contrans/mapping/pairing.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/matching.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::english;
using testing::RawContext;
using testing::read_bytes;
using testing::TemporaryFolder;
using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;

// llama.cpp's F16 cache: rows in other batches round otherwise; states here are of size 1.
constexpr double kTolerance = 3e-3;

const std::vector<std::string>& texts() {
    static const std::vector<std::string> made = [] {
        std::vector<std::string> all = {"Ça va, naïve façade? 日本の雨", "The ship", "The ship is late"};
        for (unsigned i = 0; i < 30; ++i) all.push_back(english(40 + 3 * i, i));
        return all;
    }();
    return made;
}

StoreRequest request_for(StoredPosition position, std::size_t shard_tokens = 300) {
    StoreRequest request;
    request.layers = {LayerIndex{1}, LayerIndex{2}};
    request.position = position;
    if (position == StoredPosition::aligned) request.aligned_with = tiny_target_model();
    request.made_by = "a test";
    request.shard_tokens = shard_tokens;
    request.threads = 1;
    return request;
}

/// The folder's files by name.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files[entry.path().filename()] = read_bytes(entry.path());
    return files;
}

class HarvestToStore : public ::testing::Test {
protected:
    StoreSummary harvest(const StoreRequest& request, const RunContext& context = {}) {
        return harvest_to_store(tiny_source_model(), texts(), store_, request, context);
    }
    [[nodiscard]] Matrix rows_of(const ActivationReader& reader, LayerIndex layer, std::size_t text) const {
        std::vector<std::size_t> rows(reader.tokens(text).size());
        std::iota(rows.begin(), rows.end(), reader.first_row(text));
        return reader.read(layer, rows);
    }
    RawContext::Reading naive(std::size_t text) {
        return raw_.read(tiny_source_model()->tokenizer().tokenise(texts()[text]));
    }

    TemporaryFolder folder_;
    std::filesystem::path store_ = folder_ / "states";
    RawContext raw_{*tiny_source_model()};
};

TEST_F(HarvestToStore, AllKeepsEveryToken) {
    const StoreSummary summary = harvest(request_for(StoredPosition::all));
    EXPECT_GT(summary.index.shards.size(), 4U);
    const ActivationReader reader(store_);
    EXPECT_EQ(reader.texts(), texts());
    for (std::size_t t = 0; t < texts().size(); ++t) {
        const auto reading = naive(t);
        ASSERT_EQ(reader.tokens(t).size(), reading.logits.rows());
        for (const LayerIndex layer : reader.index().layers) {
            const Matrix rows = rows_of(reader, layer, t);
            const Matrix& expected = reading.states[layer.value];
            EXPECT_TRUE(all_close(std::span(rows.data(), rows.rows() * rows.cols()),
                                  std::span(expected.data(), rows.rows() * rows.cols()), kTolerance, 0))
                << "text " << t << " layer " << layer.value;
        }
    }
}

// A character of several tokens is the first one's; the text is the tokens' spans in a row.
TEST_F(HarvestToStore, SpansCountCharacters) {
    (void)harvest(request_for(StoredPosition::all));
    const ActivationReader reader(store_);
    const auto tokens = reader.tokens(0);
    EXPECT_EQ(tokens.front().begin, 0);
    for (std::size_t i = 1; i < tokens.size(); ++i) {
        EXPECT_EQ(tokens[i].position, static_cast<std::int32_t>(i));
        EXPECT_EQ(tokens[i].begin, tokens[i - 1].end);
    }
    EXPECT_EQ(tokens.back().end, 25) << "characters, not bytes";
}

TEST_F(HarvestToStore, LastAndMeanKeepARowAText) {
    (void)harvest(request_for(StoredPosition::last));
    const ActivationReader last(store_);
    (void)harvest_to_store(tiny_source_model(), texts(), folder_ / "mean", request_for(StoredPosition::mean), {});
    const ActivationReader mean(folder_ / "mean");
    for (std::size_t t = 0; t < texts().size(); ++t) {
        const Matrix states = naive(t).states[2];
        ASSERT_EQ(last.tokens(t).size(), 1U);
        EXPECT_EQ(last.tokens(t)[0].position, static_cast<std::int32_t>(states.rows() - 1));
        EXPECT_TRUE(all_close(std::as_const(states).row(states.rows() - 1),
                              std::span<const float>(rows_of(last, LayerIndex{2}, t).row(0)), kTolerance, 0));
        std::vector<double> expected(states.cols(), 0.0);
        for (std::size_t r = 1; r < states.rows(); ++r) {
            for (std::size_t c = 0; c < states.cols(); ++c)
                expected[c] += static_cast<double>(states(r, c)) / static_cast<double>(states.rows() - 1);
        }
        ASSERT_EQ(mean.tokens(t).size(), 1U);
        EXPECT_EQ(mean.tokens(t)[0].position, -1);
        EXPECT_TRUE(all_close(std::span<const float>(rows_of(mean, LayerIndex{2}, t).row(0)),
                              std::span<const double>(expected), kTolerance, 0));
    }
}

TEST_F(HarvestToStore, AlignedKeepsTheTokensThatEndWhereTheOthersDo) {
    const StoreSummary summary = harvest(request_for(StoredPosition::aligned));
    const ActivationReader reader(store_);
    EXPECT_EQ(reader.index().aligned_with, tiny_target_model()->identity());
    std::size_t matched = 0;
    std::size_t could = 0;
    for (std::size_t t = 0; t < texts().size(); ++t) {
        const auto source = tiny_source_model()->tokenizer().tokenise_with_ends(texts()[t]);
        const auto target = tiny_target_model()->tokenizer().tokenise_with_ends(texts()[t]);
        const TokenPairing pairs = pair_tokens(characters_before(texts()[t], target.byte_ends),
                                               characters_before(texts()[t], source.byte_ends));
        ASSERT_EQ(reader.tokens(t).size(), pairs.target.size()) << t;
        for (std::size_t i = 0; i < pairs.target.size(); ++i)
            EXPECT_EQ(reader.tokens(t)[i].position, static_cast<std::int32_t>(pairs.target[i]));
        matched += pairs.target.size();
        could += pairs.n_target_tokens;
    }
    EXPECT_EQ(summary.index.aligned_share, static_cast<double>(matched) / static_cast<double>(could));
    EXPECT_GT(matched, 100U);
    EXPECT_LT(matched, could);
}

// Whichever side asks, the rows of both stores stand for the same places.
TEST_F(HarvestToStore, AlignedStoresOfBothModelsHaveTheSameRows) {
    (void)harvest(request_for(StoredPosition::aligned));
    StoreRequest other = request_for(StoredPosition::aligned, 500);
    other.aligned_with = tiny_source_model();
    (void)harvest_to_store(tiny_target_model(), texts(), folder_ / "target", other, {});
    const ActivationReader source(store_);
    const ActivationReader target(folder_ / "target");
    for (std::size_t t = 0; t < texts().size(); ++t) {
        ASSERT_EQ(source.tokens(t).size(), target.tokens(t).size());
        for (std::size_t i = 0; i < source.tokens(t).size(); ++i)
            EXPECT_EQ(source.tokens(t)[i].end, target.tokens(t)[i].end);
    }
}

std::size_t texts_of(const StoreSummary& summary, std::size_t first_shards) {
    std::size_t texts = 0;
    for (std::size_t shard = 0; shard < first_shards; ++shard) texts += summary.index.shards[shard].texts;
    return texts;
}

TEST_F(HarvestToStore, StoppedAndResumedIsByteForByteUninterrupted) {
    const StoreSummary whole =
        harvest_to_store(tiny_source_model(), texts(), folder_ / "whole", request_for(StoredPosition::all), {});
    for (const std::size_t shards_before : {1U, 3U}) {
        std::filesystem::remove_all(store_);
        class StopAfter : public ProgressSink {
        public:
            explicit StopAfter(std::size_t texts) : texts_(texts) {}
            void begin(std::string_view label, std::string_view, std::size_t) override { reads_ = label != "tokenise"; }
            void advance(std::size_t done) override {
                if (reads_ && done >= texts_) stop.request_stop();
            }
            void end() override {}
            std::stop_source stop;

        private:
            std::size_t texts_;
            bool reads_ = false;
        } progress(texts_of(whole, shards_before) + 1);
        EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] {
            (void)harvest(request_for(StoredPosition::all), {&progress, progress.stop.get_token()});
        }));
        // Another number of threads would plan other shards: the stored plan counts.
        StoreRequest again = request_for(StoredPosition::all, 2000);
        again.threads = 2;
        const StoreSummary summary = harvest(again);
        EXPECT_GE(summary.shards_kept, 1U);
        EXPECT_LT(summary.shards_kept, summary.index.shards.size());
        EXPECT_EQ(files_of(store_), files_of(folder_ / "whole"));
    }
}

TEST_F(HarvestToStore, ACompleteStoreIsLeftAlone) {
    (void)harvest(request_for(StoredPosition::last));
    const auto before = files_of(store_);
    const StoreSummary again = harvest(request_for(StoredPosition::last));
    EXPECT_EQ(again.shards_kept, again.index.shards.size());
    EXPECT_EQ(again.tokens_read, 0U);
    EXPECT_EQ(files_of(store_), before);
}

TEST_F(HarvestToStore, AnotherStoreIsRefusedBeforeTheTextsAreTokenised) {
    (void)harvest(request_for(StoredPosition::last));
    class Labels : public ProgressSink {
    public:
        void begin(std::string_view label, std::string_view, std::size_t) override { seen.emplace_back(label); }
        void advance(std::size_t) override {}
        void end() override {}
        std::vector<std::string> seen;
    } labels;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"made otherwise", "position"}, [&] {
        (void)harvest(request_for(StoredPosition::all), {&labels, {}});
    }));
    EXPECT_EQ(labels.seen, std::vector<std::string>{});
}

TEST_F(HarvestToStore, WhatCannotBeReadIsRefusedBeforeAnythingIsWritten) {
    const auto refused = [&](const std::vector<std::string>& bad, const StoreRequest& request,
                             const std::vector<std::string>& parts) {
        const auto result = throws_error(
            ErrorKind::argument, parts, [&] { (void)harvest_to_store(tiny_source_model(), bad, store_, request, {}); });
        EXPECT_FALSE(std::filesystem::exists(store_));
        return result;
    };
    EXPECT_TRUE(refused({}, request_for(StoredPosition::all), {"at least one text"}));
    EXPECT_TRUE(refused({"fine", english(4000)}, request_for(StoredPosition::all), {"text 2", "at most 512", "split"}));
    StoreRequest request = request_for(StoredPosition::all);
    request.layers = {LayerIndex{9}};
    EXPECT_TRUE(refused({"fine"}, request, {"0 to 3", "9"}));
    request = request_for(StoredPosition::aligned);
    request.aligned_with = nullptr;
    EXPECT_TRUE(refused({"fine"}, request, {"aligned"}));
}

}  // namespace
}  // namespace contrans
