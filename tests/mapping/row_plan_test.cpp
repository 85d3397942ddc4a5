#include "contrans/mapping/row_plan.h"

#include <algorithm>
#include <set>

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

// Documents of 1 to 7 rows.
std::vector<std::size_t> uneven_documents(std::size_t count) {
    std::vector<std::size_t> document;
    for (std::size_t i = 0; i < count; ++i) document.insert(document.end(), 1 + (i * 5) % 7, 100 + i);
    return document;
}

std::set<std::size_t> documents_of(const std::vector<std::size_t>& rows, const std::vector<std::size_t>& document) {
    std::set<std::size_t> found;
    for (const std::size_t r : rows) found.insert(document[r]);
    return found;
}

TEST(RowPlan, FoldsShareNoDocumentAndLoseNoRow) {
    const auto document = uneven_documents(43);
    const RowPlan plan = plan_rows(document);
    EXPECT_EQ(plan.train.size() + plan.held_out.size(), document.size());
    const auto train = documents_of(plan.train, document);
    const auto held_out = documents_of(plan.held_out, document);
    EXPECT_EQ(held_out.size(), 4U);
    EXPECT_EQ(train.size() + held_out.size(), 43U);
}

TEST(RowPlan, TornPairsAreAPermutationThatCrossesDocuments) {
    const auto document = uneven_documents(43);
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const RowPlan plan = plan_rows(document, {.seed = seed});
        std::vector<std::size_t> sorted = plan.torn;
        std::ranges::sort(sorted);
        for (std::size_t r = 0; r < document.size(); ++r) {
            ASSERT_EQ(sorted[r], r);
            ASSERT_NE(document[plan.torn[r]], document[r]);
        }
    }
}

// Moved by a constant number of places is not torn either: any offset is as rare as chance has it.
TEST(RowPlan, TornPairsForgetThePlaceInTheText) {
    std::vector<std::size_t> document;
    for (std::size_t i = 0; i < 400; ++i) document.push_back(i / 20);
    const RowPlan plan = plan_rows(document);
    std::vector<int> offsets(20, 0);
    for (std::size_t r = 0; r < 400; ++r) ++offsets[(plan.torn[r] + 20 - r % 20) % 20];
    EXPECT_LT(std::ranges::max(offsets), 50);  // 20 expected
}

TEST(RowPlan, ADocumentOverHalfIsTornAsFarAsItCanBe) {
    std::vector<std::size_t> document(70, 0);
    for (std::size_t i = 1; i <= 30; ++i) document.push_back(i);
    const RowPlan plan = plan_rows(document);
    std::size_t crossing = 0;
    for (std::size_t r = 0; r < document.size(); ++r) crossing += document[plan.torn[r]] != document[r] ? 1U : 0U;
    EXPECT_EQ(crossing, 60U);  // the 30 others and their partners
}

TEST(RowPlan, LotsRise) {
    const RowPlan plan = plan_rows(uneven_documents(43), {.n_differences = 100});
    ASSERT_EQ(plan.lots.size(), 100U);
    EXPECT_TRUE(std::ranges::is_sorted(plan.lots));
    EXPECT_GE(plan.lots.front(), 0);
    EXPECT_LT(plan.lots.back(), 1);
    EXPECT_NEAR(plan.lots[49], 0.5, 0.2);
}

TEST(RowPlan, DifferencesAreOfTwoHeldOutDocuments) {
    const auto document = uneven_documents(43);
    const RowPlan plan = plan_rows(document, {.n_differences = 100});
    ASSERT_EQ(plan.minuends.size(), 100U);
    ASSERT_EQ(plan.subtrahends.size(), 100U);
    for (std::size_t k = 0; k < 100; ++k) {
        EXPECT_TRUE(std::ranges::binary_search(plan.held_out, plan.minuends[k]));
        EXPECT_TRUE(std::ranges::binary_search(plan.held_out, plan.subtrahends[k]));
        EXPECT_NE(document[plan.minuends[k]], document[plan.subtrahends[k]]);
    }
}

TEST(RowPlan, HoldsOutTwoOfFour) {
    const std::vector<std::size_t> document{7, 7, 3, 9, 1};
    const RowPlan plan = plan_rows(document);
    EXPECT_EQ(documents_of(plan.held_out, document).size(), 2U);
    EXPECT_EQ(documents_of(plan.train, document).size(), 2U);
}

TEST(RowPlan, RefusesTooFewDocuments) {
    EXPECT_THROW((void)plan_rows(std::vector<std::size_t>{}), Error);
    EXPECT_THROW((void)plan_rows(std::vector<std::size_t>{0, 1, 2}), Error);
    EXPECT_THROW((void)plan_rows(std::vector<std::size_t>{0, 1, 2, 3}, {.held_out_every = 1}), Error);
}

}  // namespace
}  // namespace contrans
