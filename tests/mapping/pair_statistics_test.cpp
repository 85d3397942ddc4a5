#include "contrans/mapping/pair_statistics.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/mapping/small_statistics.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::small_rows;
using testing::SmallRows;
using testing::statistics_of;

using Numbers = std::map<std::string, std::vector<double>>;

Numbers numbers_of(PairStatistics statistics) {
    Numbers numbers;
    statistics.visit([&](const std::string& name, std::span<double> values) {
        numbers[name] = {values.begin(), values.end()};
    });
    return numbers;
}

Matrix stacked(const Matrix& a, const Matrix& b) {
    Matrix both(a.rows() + b.rows(), a.cols());
    std::copy_n(a.data(), a.rows() * a.cols(), both.data());
    std::copy_n(b.data(), b.rows() * b.cols(), both.data() + a.rows() * a.cols());
    return both;
}

/// Both parts' rows as one, each part in its own folds and torn within itself.
SmallRows together(const SmallRows& a, const SmallRows& b) {
    SmallRows both;
    for (std::size_t l = 0; l < 2; ++l) {
        both.x.push_back(stacked(a.x[l], b.x[l]));
        both.y.push_back(stacked(a.y[l], b.y[l]));
    }
    const std::size_t n = a.plan.rows();
    const auto join = [n](const std::vector<std::size_t>& first, const std::vector<std::size_t>& second) {
        std::vector<std::size_t> rows = first;
        for (const std::size_t row : second) rows.push_back(n + row);
        return rows;
    };
    both.plan.train = join(a.plan.train, b.plan.train);
    both.plan.held_out = join(a.plan.held_out, b.plan.held_out);
    both.plan.torn = join(a.plan.torn, b.plan.torn);
    return both;
}

TEST(PairStatistics, MergedPartsEqualTheWhole) {
    const SmallRows a = small_rows(200, 1);
    const SmallRows b = small_rows(120, 2);
    PairStatistics merged = statistics_of(a);
    merged.merge(statistics_of(b));
    EXPECT_EQ(merged.rows(), 320U);
    const Numbers got = numbers_of(merged);
    for (const auto& [name, want] : numbers_of(statistics_of(together(a, b)))) {
        if (name == "lots" || name.ends_with("differences") || name.ends_with("torn.cross")) continue;
        EXPECT_TRUE((testing::all_close<double, double>(got.at(name), want, 1e-7, 1e-9))) << name;
    }
}

// Two kinds of text: rows of one are far from rows of the other on both sides.
TEST(PairStatistics, TornRowsDoNotKnowOnePartFromAnother) {
    SmallRows a = small_rows(200, 1);
    SmallRows b = small_rows(200, 2);
    for (std::size_t r = 0; r < 200; ++r) {
        for (Matrix& x : b.x) x(r, 1) += 100;
        for (Matrix& y : b.y) y(r, 0) += 100;
    }
    const PairStatistics other = statistics_of(b);
    PairStatistics merged = statistics_of(a);
    const MatrixF64 before = merged.targets[0].torn.cross;
    merged.merge(other);
    EXPECT_NEAR(merged.targets[0].torn.cross(1, 0), before(1, 0) + other.targets[0].torn.cross(1, 0), 1e-6);
    EXPECT_GT(merged.targets[0].train.cross(1, 0), 100 * 100 * 50) << "pairs that belong together do";
}

TEST(PairStatistics, WithAPartThatLacksTargetGramsTheSumLacksThem) {
    PairStatistics older = statistics_of(small_rows(120, 2));
    older.target_layers.clear();
    PairStatistics merged = statistics_of(small_rows(200, 1));
    merged.merge(older);
    EXPECT_TRUE(merged.target_layers.empty());
    older.merge(statistics_of(small_rows(200, 1)));
    EXPECT_TRUE(older.target_layers.empty());
}

TEST(PairStatistics, OfNoRowsChangeNothing) {
    const PairStatistics some = statistics_of(small_rows(100, 3));
    PairStatistics merged = PairStatistics::none(testing::small_pairs(), 4, 3);
    merged.merge(some);
    EXPECT_EQ(numbers_of(merged), numbers_of(some));
    merged.merge(PairStatistics::none(testing::small_pairs(), 4, 3));
    EXPECT_EQ(numbers_of(merged), numbers_of(some));
    EXPECT_EQ(PairStatistics::none(testing::small_pairs(), 4, 3).rows(), 0U);
}

/// Every difference of a layer pair, by its lot.
std::map<double, std::pair<std::vector<double>, std::vector<double>>> drawn(const PairStatistics& s, std::size_t pair) {
    std::map<double, std::pair<std::vector<double>, std::vector<double>>> by_lot;
    for (std::size_t k = 0; k < s.lots.size(); ++k) {
        const auto x = s.sources[s.source_of(pair)].differences.view().row(k);
        const auto y = s.targets[pair].differences.view().row(k);
        by_lot[s.lots[k]] = {{x.begin(), x.end()}, {y.begin(), y.end()}};
    }
    return by_lot;
}

TEST(PairStatistics, MergedDifferencesAreThoseOfTheLowestLotsAndStayTogether) {
    const PairStatistics a = statistics_of(small_rows(200, 1));
    const PairStatistics b = statistics_of(small_rows(120, 2));
    PairStatistics merged = a;
    merged.merge(b);
    ASSERT_EQ(merged.lots.size(), a.lots.size());
    EXPECT_TRUE(std::ranges::is_sorted(merged.lots));
    for (std::size_t pair = 0; pair < merged.pairs.size(); ++pair) {
        auto all = drawn(a, pair);
        all.merge(drawn(b, pair));
        const auto kept = drawn(merged, pair);
        auto want = all.begin();
        for (auto got = kept.begin(); got != kept.end(); ++got, ++want) ASSERT_EQ(*got, *want);
    }
}

TEST(PairStatistics, EveryNumberHasANameOfItsOwn) {
    std::set<std::string> names;
    std::size_t arrays = 0;
    PairStatistics statistics = statistics_of(small_rows(100, 3));
    statistics.visit([&](const std::string& name, std::span<double>) {
        names.insert(name);
        ++arrays;
    });
    EXPECT_EQ(names.size(), arrays);
    EXPECT_EQ(arrays, 1U + 2 * 7 + 3 * 13 + 2 * 3);
}

}  // namespace
}  // namespace contrans
