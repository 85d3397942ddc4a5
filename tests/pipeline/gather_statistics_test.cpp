#include "contrans/pipeline/gather_statistics.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "contrans/linalg/blas_threads.h"
#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/harvest_to_store.h"
#include "gtest/gtest.h"
#include "tests/cluster/thread_group.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::corpus;
using testing::map_request;
using testing::run_ranks;
using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;

/// Both tiny models, read as they are.
struct Readers {
    ModelStateReader source{tiny_source_model()};
    ModelStateReader target{tiny_target_model()};
    [[nodiscard]] ReaderPair pair() const { return {source, target}; }
};

/// 80 texts in several blocks.
MapRequest request_in_blocks() {
    MapRequest request = map_request();
    request.block_tokens = 100;
    return request;
}

std::vector<std::string> texts(std::size_t first, std::size_t n) {
    const std::vector<std::string> all = corpus(first + n);
    return {all.begin() + static_cast<std::ptrdiff_t>(first), all.end()};
}

MapStatistics gathered(const std::vector<std::string>& texts, const MapRequest& request = request_in_blocks()) {
    const Readers readers;
    return *gather_statistics(readers.pair(), texts, request, alone(), {});
}

double relative_difference(const Matrix& a, const Matrix& b) {
    double error = 0;
    double size = 0;
    for (std::size_t i = 0; i < a.rows() * a.cols(); ++i) {
        error += std::pow(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]), 2);
        size += std::pow(static_cast<double>(b.data()[i]), 2);
    }
    return std::sqrt(error / size);
}

void expect_same_maps(const MapSet& got, const MapSet& want, double tolerance) {
    EXPECT_EQ(got.n_texts, want.n_texts);
    EXPECT_EQ(got.token_match, want.token_match);
    EXPECT_EQ(got.rows_masked, want.rows_masked);
    EXPECT_EQ(got.corpus_shingles, want.corpus_shingles);
    ASSERT_EQ(got.entries.size(), want.entries.size());
    for (std::size_t i = 0; i < got.entries.size(); ++i) {
        EXPECT_EQ(got.entries[i].kind, want.entries[i].kind);
        EXPECT_EQ(got.entries[i].evidence.rows, want.entries[i].evidence.rows);
        EXPECT_LT(relative_difference(got.entries[i].map.a(), want.entries[i].map.a()), tolerance) << i;
        EXPECT_NEAR(got.entries[i].evidence.directional, want.entries[i].evidence.directional, tolerance) << i;
    }
}

TEST(GatherStatistics, CorpusIsCutIntoBlocksOfTwentyTextsOrMore) {
    const Readers readers;
    const std::vector<std::string> all = corpus(95);
    const PairedCorpus paired = plan_corpus(readers.pair(), all, {.block_tokens = 100}, {});
    EXPECT_EQ(paired.texts.size(), 95U);
    EXPECT_EQ(paired.block_ends, (std::vector<std::size_t>{20, 40, 60, 95}));
    EXPECT_EQ(paired.block(1).size(), 20U);
    EXPECT_EQ(*paired.block(3).front(), all[60]);
    EXPECT_EQ(plan_corpus(readers.pair(), all, {.block_tokens = 1000000}, {}).block_ends, std::vector<std::size_t>{95});
}

TEST(GatherStatistics, RanksGiveTheMapOfOne) {
    const std::vector<std::string> all = corpus(95);
    const MapSet want = fit_maps(gathered(all), FitScope::usual, {});
    for (const std::size_t n_ranks : {2U, 3U, 4U, 6U}) {
        run_ranks(n_ranks, [&](Communicator& ranks) {
            const Readers readers;
            const auto statistics = gather_statistics(readers.pair(), all, request_in_blocks(), ranks, {});
            ASSERT_EQ(statistics.has_value(), ranks.is_first());
            if (statistics) expect_same_maps(fit_maps(*statistics, FitScope::usual, {}), want, 1e-6);
        });
    }
}

TEST(GatherStatistics, OneThreadGivesTheSameMapsToTheBit) {
    const std::vector<std::string> all = corpus(95);
    const auto maps = [&] { return fit_maps(gathered(all), FitScope::all, {}); };
    const MapSet side_by_side = maps();
    const BlasThreads one(1);
    const MapSet alone = maps();
    ASSERT_EQ(side_by_side.entries.size(), alone.entries.size());
    for (std::size_t i = 0; i < alone.entries.size(); ++i) {
        EXPECT_EQ(side_by_side.entries[i].source_layer, alone.entries[i].source_layer);
        EXPECT_EQ(side_by_side.entries[i].target_layer, alone.entries[i].target_layer);
        EXPECT_EQ(relative_difference(side_by_side.entries[i].map.a(), alone.entries[i].map.a()), 0) << i;
    }
}

TEST(GatherStatistics, RanksThatReadOtherTextsAreRefused) {
    const auto work = [](Communicator& ranks) {
        const Readers readers;
        (void)gather_statistics(readers.pair(), texts(ranks.rank(), 60), request_in_blocks(), ranks, {});
    };
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"does not read what rank 0 reads"}, [&] { run_ranks(2, work); }));
}

TEST(GatherStatistics, TextsAddedLaterCountAsIfTheyHadBeenThere) {
    const Readers readers;
    MapRequest request = request_in_blocks();
    request.source_layers = {LayerIndex{2}};
    request.target_layers = {LayerIndex{3}};
    MapStatistics merged = gathered(texts(0, 60), request);
    MapStatistics sums = merged;
    const std::size_t known = add_texts(sums, readers.pair(), corpus(100), request, alone(), {});
    EXPECT_EQ(known, 60U);
    EXPECT_EQ(sums.n_texts, 100U);
    merged.merge(gathered(texts(60, 40), request));
    expect_same_maps(fit_maps(sums, FitScope::usual, {}), fit_maps(merged, FitScope::usual, {}), 1e-9);
    EXPECT_EQ(sums.texts, merged.texts);
}

TEST(GatherStatistics, AddingRefusesOtherModels) {
    const Readers readers;
    MapStatistics sums = gathered(texts(0, 30));
    const ReaderPair swapped{readers.target, readers.source};
    EXPECT_TRUE(throws_error(ErrorKind::model, {"statistics"},
                             [&] { (void)add_texts(sums, swapped, texts(30, 30), request_in_blocks(), alone(), {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"at least 4 texts"}, [&] {
        (void)add_texts(sums, readers.pair(), texts(0, 33), request_in_blocks(), alone(), {});
    }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"all 30 texts", "nothing to add"}, [&] {
        (void)add_texts(sums, readers.pair(), texts(0, 30), request_in_blocks(), alone(), {});
    }));
    EXPECT_EQ(sums.n_texts, 30U);
}

/// A reader whose every 97th row is 50 times as long.
class SpikedReader : public ModelStateReader {
public:
    using ModelStateReader::ModelStateReader;
    [[nodiscard]] TokenStates read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                   const RunContext& context) const override {
        TokenStates states = ModelStateReader::read(texts, options, context);
        for (std::size_t row = 0; row < states.first_row.back(); row += 97) {
            for (float& x : states.states.front().row(row)) x *= 50;
        }
        return states;
    }
};

TEST(GatherStatistics, MassiveRowsAreLeftOutAndCounted) {
    const std::vector<std::string> all = corpus(60);
    const Readers readers;
    const SpikedReader spiked(tiny_source_model());
    const MapSet want = fit_maps(gathered(all), FitScope::usual, {});
    const MapSet got = fit_maps(*gather_statistics({spiked, readers.target}, all, request_in_blocks(), alone(), {}),
                                FitScope::usual, {});
    EXPECT_EQ(want.rows_masked, 0U);
    EXPECT_GT(got.rows_masked, 5U);
    for (std::size_t i = 0; i < std::min(got.entries.size(), want.entries.size()); ++i) {
        if (got.entries[i].kind != FitKind::token_plain) continue;
        EXPECT_GT(got.entries[i].evidence.held_out_r2_standard, want.entries[i].evidence.held_out_r2_standard - 0.1);
    }
}

TEST(GatherStatistics, MassiveRowsAreCountedAtTheirLayer) {
    const Readers readers;
    const SpikedReader spiked(tiny_source_model());  // at the first layer that is read
    const MapStatistics sums =
        *gather_statistics({spiked, readers.target}, corpus(60), request_in_blocks(), alone(), {});
    EXPECT_EQ(sums.source_massive, (std::vector<std::size_t>{sums.rows_masked, 0}));
    EXPECT_EQ(sums.target_massive, (std::vector<std::size_t>{0, 0}));
    const MapSet maps = fit_maps(sums, FitScope::usual, {});
    ASSERT_EQ(maps.source_massive.size(), 2U);
    EXPECT_EQ(maps.source_massive[0].layer, LayerIndex{1});
    EXPECT_EQ(maps.source_massive[0].rows, sums.rows_masked);
    EXPECT_EQ(maps.target_massive[1].rows, 0U);
}

/// A reader in which one dimension of the first layer read is far from zero.
class OffsetReader : public ModelStateReader {
public:
    using ModelStateReader::ModelStateReader;
    [[nodiscard]] TokenStates read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                   const RunContext& context) const override {
        TokenStates states = ModelStateReader::read(texts, options, context);
        for (std::size_t row = 0; row < states.first_row.back(); ++row) states.states.front()(row, 7) += 1e4F;
        return states;
    }
};

TEST(GatherStatistics, MassiveDimensionsAreFoundOnEitherSide) {
    const OffsetReader source(tiny_source_model());
    const OffsetReader target(tiny_target_model());
    const MapSet maps = fit_maps(*gather_statistics({source, target}, corpus(60), request_in_blocks(), alone(), {}),
                                 FitScope::usual, {});
    for (const auto& massive : {maps.source_massive, maps.target_massive}) {
        ASSERT_EQ(massive[0].dimensions.size(), 1U);
        EXPECT_EQ(massive[0].dimensions[0].dimension, 7U);
        EXPECT_GT(massive[0].dimensions[0].share, 0.999);
        EXPECT_EQ(std::ranges::count(massive[1].dimensions, 7U, &MassiveDimension::dimension), 0);
    }
}

/// A reader that shows the same state at every point, and at one point what is given.
class ConstantReader : public ModelStateReader {
public:
    explicit ConstantReader(float odd) : ModelStateReader(tiny_source_model()), odd_(odd) {}
    [[nodiscard]] TokenStates read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                   const RunContext& context) const override {
        TokenStates states = ModelStateReader::read(texts, options, context);
        for (Matrix& layer : states.states) std::fill_n(layer.data(), layer.rows() * layer.cols(), 0.3F);
        states.states.back()(5, 1) = odd_;
        return states;
    }

private:
    float odd_;
};

TEST(GatherStatistics, StatesAllAlikeAndStatesThatAreNoNumbersAreNumericTrouble) {
    const Readers readers;
    const auto map_of = [&](const StateReader& source) {
        return fit_maps(*gather_statistics({source, readers.target}, corpus(60), request_in_blocks(), alone(), {}),
                        FitScope::usual, {});
    };
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"map: layers 1->2", "source rows", "all alike"},
                             [&] { (void)map_of(ConstantReader(0.3F)); }));
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"source layer 1", "finite", "row 5"},
                             [&] { (void)map_of(ConstantReader(NAN)); }));
}

/// A reader that shows the last of the rows of every sixth text 50 times as long.
class LastSpikedReader : public ModelStateReader {
public:
    using ModelStateReader::ModelStateReader;
    [[nodiscard]] TokenStates read(std::span<const PointSelection> texts, const HarvestOptions& options,
                                   const RunContext& context) const override {
        TokenStates states = ModelStateReader::read(texts, options, context);
        for (std::size_t text = 0; text < texts.size(); text += 6) {
            for (float& x : states.states.front().row(states.first_row[text + 1] - 1)) x *= 50;
        }
        return states;
    }
};

TEST(GatherStatistics, ATextWhoseLastRowIsMassiveHasNone) {
    const Readers readers;
    const LastSpikedReader spiked(tiny_source_model());
    const MapStatistics sums =
        *gather_statistics({spiked, readers.target}, corpus(60), request_in_blocks(), alone(), {});
    EXPECT_EQ(sums.rows_masked, 12U);  // 4 of the 20 texts of each block
    const MapSet maps = fit_maps(sums, FitScope::usual, {});
    const auto paper = std::ranges::find(maps.entries, FitKind::paper, &MapEntry::kind);
    ASSERT_NE(paper, maps.entries.end());
    EXPECT_EQ(paper->evidence.rows, 48U);
}

/// A store of what a tiny model shows of texts.
std::unique_ptr<StateReader> stored(const std::filesystem::path& folder, const std::shared_ptr<const Model>& model,
                                    const std::vector<std::string>& texts, StoredPosition position,
                                    const std::shared_ptr<const Model>& aligned_with = nullptr) {
    StoreRequest request;
    request.position = position;
    request.aligned_with = aligned_with;
    request.made_by = "a test";
    request.threads = 1;
    (void)harvest_to_store(model, texts, folder, request, {});
    return std::make_unique<StoredStateReader>(std::make_shared<const ActivationReader>(folder));
}

class FromStores : public ::testing::Test {
protected:
    [[nodiscard]] MapSet maps_between(StoredPosition source, StoredPosition target) const {
        const auto of_source = stored(folder_ / "source", tiny_source_model(), texts_, source,
                                      source == StoredPosition::aligned ? tiny_target_model() : nullptr);
        const auto of_target = stored(folder_ / "target", tiny_target_model(), texts_, target,
                                      target == StoredPosition::aligned ? tiny_source_model() : nullptr);
        return maps_of({*of_source, *of_target});
    }
    [[nodiscard]] MapSet maps_of(const ReaderPair& readers) const {
        return fit_maps(*gather_statistics(readers, texts_, map_request(), alone(), {}), FitScope::usual, {});
    }
    [[nodiscard]] static std::set<FitKind> kinds_of(const MapSet& maps) {
        std::set<FitKind> kinds;
        for (const MapEntry& entry : maps.entries) kinds.insert(entry.kind);
        return kinds;
    }
    /// What states that were read in other batches differ by, carried into maps.
    static constexpr double kTolerance = 0.05;

    testing::TemporaryFolder folder_;
    std::vector<std::string> texts_ = corpus(60);
};

TEST_F(FromStores, AllTokensGiveTheMapsOfTheModels) {
    const MapSet want = fit_maps(gathered(texts_, map_request()), FitScope::usual, {});
    expect_same_maps(maps_between(StoredPosition::all, StoredPosition::all), want, kTolerance);
}

TEST_F(FromStores, AlignedTokensAreAllThatPairs) {
    const MapSet want = fit_maps(gathered(texts_, map_request()), FitScope::usual, {});
    const MapSet got = maps_between(StoredPosition::aligned, StoredPosition::aligned);
    ASSERT_EQ(got.entries.size(), want.entries.size());
    for (std::size_t i = 0; i < got.entries.size(); ++i)
        EXPECT_LT(relative_difference(got.entries[i].map.a(), want.entries[i].map.a()), kTolerance) << i;
    EXPECT_EQ(got.token_match, 1);  // what did not match was not kept
}

TEST_F(FromStores, OneSideMayBeAModel) {
    const Readers readers;
    const auto source = stored(folder_ / "source", tiny_source_model(), texts_, StoredPosition::all);
    const MapSet want = fit_maps(gathered(texts_, map_request()), FitScope::usual, {});
    const MapSet got = maps_of({*source, readers.target});
    expect_same_maps(got, want, kTolerance);
    EXPECT_EQ(got.target_scale.front().sigma, want.target_scale.front().sigma);
}

TEST_F(FromStores, LastTokensAndMeansGiveTheFitsOfOnePointAText) {
    const std::set<FitKind> kinds = {FitKind::paper, FitKind::last_ridge};
    const MapSet last = maps_between(StoredPosition::last, StoredPosition::all);
    EXPECT_EQ(kinds_of(last), kinds);
    EXPECT_EQ(last.entries.front().evidence.rows, 60U);
    std::filesystem::remove_all(folder_ / "source");
    std::filesystem::remove_all(folder_ / "target");
    EXPECT_EQ(kinds_of(maps_between(StoredPosition::mean, StoredPosition::mean)), kinds);
    std::filesystem::remove_all(folder_ / "source");
    std::filesystem::remove_all(folder_ / "target");
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"means", "same --position"},
                             [&] { (void)maps_between(StoredPosition::mean, StoredPosition::all); }));
}

TEST_F(FromStores, TheirOwnRowsGiveTheSpread) {
    const MapSet maps = maps_between(StoredPosition::all, StoredPosition::all);
    const MapSet of_models = fit_maps(gathered(texts_, map_request()), FitScope::usual, {});
    ASSERT_EQ(maps.target_scale.size(), of_models.target_scale.size());
    for (std::size_t l = 0; l < maps.target_scale.size(); ++l) {
        const double ratio = maps.target_scale[l].sigma / of_models.target_scale[l].sigma;
        EXPECT_GT(ratio, 0.7);
        EXPECT_LT(ratio, 1.4);
    }
}

TEST_F(FromStores, TextsAndLayersThatTheStoreLacksAreSaid) {
    const Readers readers;
    const auto source = stored(folder_ / "source", tiny_source_model(), texts(0, 15), StoredPosition::all);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"at least 20 texts", "15 of 60"}, [&] {
        (void)maps_of({*source, readers.target});
    }));
    MapRequest request = map_request();
    request.source_layers = {LayerIndex{tiny_source_model()->n_layers() - 1}};  // stores leave the last out
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"store does not hold it"}, [&] {
        (void)gather_statistics({*source, readers.target}, texts_, request, alone(), {});
    }));
}

}  // namespace
}  // namespace contrans
