#include "contrans/linalg/side_by_side.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "contrans/linalg/blas_threads.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(ForEachSideBySide, CallsEachOnceWithBlasOfOneThread) {
    const std::size_t before = blas_threads();
    std::vector<std::atomic<int>> calls(before + 7);
    std::atomic<bool> one_each = true;
    for_each_side_by_side(calls.size(), [&](std::size_t i) {
        ++calls[i];
        if (blas_threads() != 1) one_each = false;
    });
    for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
    EXPECT_TRUE(one_each);
    EXPECT_EQ(blas_threads(), before);
}

TEST(ForEachSideBySide, LeavesBlasItsThreadsWhereThereAreFewCalls) {
    const std::size_t before = blas_threads();
    if (before == 1) GTEST_SKIP() << "BLAS has one thread here";
    for_each_side_by_side(1, [&](std::size_t) { EXPECT_EQ(blas_threads(), before); });
}

TEST(ForEachSideBySide, PassesAnErrorOn) {
    const std::size_t before = blas_threads();
    EXPECT_THROW(for_each_side_by_side(before + 1, [](std::size_t) { throw std::runtime_error("no"); }),
                 std::runtime_error);
    EXPECT_EQ(blas_threads(), before);
    for_each_side_by_side(0, [](std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace contrans
