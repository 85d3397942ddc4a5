#include "contrans/mapping/statistics_file.h"

#include <cmath>
#include <string>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/mapping/map_file.h"
#include "gtest/gtest.h"
#include "tests/core/damaged_files.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/mapping/small_statistics.h"

namespace contrans {
namespace {

using testing::small_rows;
using testing::statistics_of;
using testing::throws_error;

MapStatistics example(std::uint64_t seed = 1, std::uint64_t first_text = 10) {
    MapStatistics statistics;
    statistics.source = {std::string(64, 'a'), "Small", "llama", 4, 9};
    statistics.target = {std::string(64, 'b'), "Größer", "gemma3", 3, 6};
    statistics.similarity = {{LayerIndex{1}, LayerIndex{3}, 0.5}};
    statistics.target_scale = {{LayerIndex{3}, 2.5}, {LayerIndex{5}, 3.5}};
    statistics.n_texts = 20;
    statistics.tokens_matched = 90;
    statistics.tokens_comparable = 100;
    statistics.rows_masked = 3;
    statistics.source_massive = {2, 0};
    statistics.target_massive = {0, 1};
    statistics.texts = {first_text, first_text + 1};
    statistics.shingles = {4, 5, 6};
    statistics.tokens = statistics_of(small_rows(200, seed));
    statistics.last = statistics_of(small_rows(100, seed + 50));
    return statistics;
}

void expect_same_numbers(PairStatistics a, PairStatistics b) {
    std::vector<std::vector<double>> of_a;
    std::vector<std::vector<double>> of_b;
    a.visit([&](const std::string&, std::span<double> x) { of_a.emplace_back(x.begin(), x.end()); });
    b.visit([&](const std::string&, std::span<double> x) { of_b.emplace_back(x.begin(), x.end()); });
    EXPECT_EQ(of_a, of_b);
}

class StatisticsFile : public ::testing::Test {
protected:
    testing::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_ / "sums.gguf";
};

TEST_F(StatisticsFile, keeps_every_number) {
    MapStatistics written = example();
    write_statistics(written, file_);
    const MapStatistics read = read_statistics(file_);
    EXPECT_EQ(read.source, written.source);
    EXPECT_EQ(read.target, written.target);
    EXPECT_EQ(read.n_texts, 20U);
    EXPECT_EQ(read.tokens_matched, 90U);
    EXPECT_EQ(read.tokens_comparable, 100U);
    EXPECT_EQ(read.rows_masked, 3U);
    EXPECT_EQ(read.source_massive, (std::vector<std::size_t>{2, 0}));
    EXPECT_EQ(read.target_massive, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(read.texts, written.texts);
    EXPECT_EQ(read.shingles, written.shingles);
    EXPECT_EQ(read.similarity.size(), 1U);
    EXPECT_EQ(read.target_scale.at(1).sigma, 3.5);
    EXPECT_EQ(read.tokens.pairs, written.tokens.pairs);
    expect_same_numbers(read.tokens, written.tokens);
    expect_same_numbers(read.last, written.last);
}

TEST_F(StatisticsFile, one_point_a_text_stays_so) {
    MapStatistics written = example();
    written.tokens = {};
    write_statistics(written, file_);
    EXPECT_TRUE(read_statistics(file_).tokens.pairs.empty());
}

TEST_F(StatisticsFile, maps_fitted_from_it_are_the_same) {
    MapStatistics written = example();
    write_statistics(written, file_);
    const MapSet before = fit_maps(written, FitScope::all, {});
    const MapSet after = fit_maps(read_statistics(file_), FitScope::all, {});
    ASSERT_EQ(before.entries.size(), after.entries.size());
    ASSERT_EQ(before.entries.size(), 27U);
    for (std::size_t i = 0; i < before.entries.size(); ++i) {
        EXPECT_EQ(before.entries[i].map.a(), after.entries[i].map.a());
        EXPECT_EQ(before.entries[i].shuffled.a(), after.entries[i].shuffled.a());
    }
    EXPECT_EQ(after.token_match, 0.9);
    EXPECT_EQ(after.rows_masked, 3U);
}

TEST_F(StatisticsFile, one_of_an_older_version_has_no_target_grams_and_gives_no_whitened_fit) {
    MapStatistics older = example();
    older.tokens.target_layers.clear();
    older.last.target_layers.clear();
    older.source_massive.clear();
    older.target_massive.clear();
    write_statistics(older, file_);
    const MapStatistics read = read_statistics(file_);
    EXPECT_TRUE(read.tokens.target_layers.empty());
    const MapSet maps = fit_maps(read, FitScope::usual, {});
    EXPECT_FALSE(maps.entries.empty());
    EXPECT_FALSE(maps.source_massive.at(0).rows.has_value());
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"Gram", "--all-fits"}, [&] { (void)fit_maps(read, FitScope::all, {}); }));
}

TEST_F(StatisticsFile, damaged_files_are_read_or_refused) {
    MapStatistics written = example();
    write_statistics(written, file_);
    testing::DamagedFiles damaged(file_, [](const auto& path) { (void)read_statistics(path); });
    damaged.run(1000);
    EXPECT_GT(damaged.refused(), 200U);
}

TEST(MapStatistics, MergeAddsTexts) {
    MapStatistics sums = example(1, 10);
    sums.merge(example(2, 20));
    EXPECT_EQ(sums.n_texts, 40U);
    EXPECT_EQ(sums.tokens_matched, 180U);
    EXPECT_EQ(sums.rows_masked, 6U);
    EXPECT_EQ(sums.source_massive, (std::vector<std::size_t>{4, 0}));
    EXPECT_EQ(sums.target_massive, (std::vector<std::size_t>{0, 2}));
    EXPECT_EQ(sums.texts, (std::vector<std::uint64_t>{10, 11, 20, 21}));
    EXPECT_EQ(sums.tokens.rows(), 400U);
    EXPECT_EQ(sums.last.rows(), 200U);
}

TEST(MapStatistics, MergeRefusesWhatDoesNotAddUp) {
    MapStatistics sums = example();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"2 texts", "count twice"}, [&] { sums.merge(example(2)); }));
    MapStatistics other = example(2, 20);
    other.source.fingerprint = std::string(64, 'c');
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"do not add up"}, [&] { sums.merge(other); }));
    other = example(2, 20);
    other.tokens = {};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"other layers or positions"}, [&] { sums.merge(other); }));
    EXPECT_EQ(sums.n_texts, 20U);
}

TEST(MapStatistics, SpreadOfRowsIsThatOfEachTargetLayer) {
    const testing::SmallRows rows = small_rows(200, 1);
    const std::vector<LayerScale> scales = spread_of_rows(statistics_of(rows));
    ASSERT_EQ(scales.size(), 2U);
    for (std::size_t l = 0; l < 2; ++l) {
        double squares = 0;
        for (std::size_t c = 0; c < 3; ++c) {
            double mean = 0;
            for (std::size_t r = 0; r < 200; ++r) mean += static_cast<double>(rows.y[l](r, c)) / 200;
            for (std::size_t r = 0; r < 200; ++r) squares += std::pow(static_cast<double>(rows.y[l](r, c)) - mean, 2);
        }
        EXPECT_NEAR(scales[l].sigma, std::sqrt(squares / 200), 1e-6);
    }
}

}  // namespace
}  // namespace contrans
