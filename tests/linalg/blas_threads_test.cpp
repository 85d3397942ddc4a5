#include "contrans/linalg/blas_threads.h"

#include <cblas.h>

#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(BlasThreads, AreFewerWhileItLives) {
    const int before = openblas_get_num_threads();
    {
        const BlasThreads one(1);
        EXPECT_EQ(openblas_get_num_threads(), 1);
        const BlasThreads more(1000);
        EXPECT_EQ(openblas_get_num_threads(), 1) << "never more than before";
    }
    EXPECT_EQ(openblas_get_num_threads(), before);
    const BlasThreads as_before(0);
    EXPECT_EQ(openblas_get_num_threads(), before);
}

}  // namespace
}  // namespace contrans
