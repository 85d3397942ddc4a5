#include "contrans/mapping/massive_dimensions.h"

#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(MassiveDimensions, HoldMoreThanTheirShareOffsetsIncluded) {
    std::vector<double> mean(100, 0.0);
    std::vector<double> squares(100, 1.0);  // 98 of them
    mean[7] = 10;                           // 10 rows: 1000, all of it an offset
    squares[7] = 0;
    squares[40] = 200;
    const double total = 98 + 1000 + 200;
    EXPECT_EQ(massive_dimensions(10, mean, squares),
              (std::vector<MassiveDimension>{{7, 1000 / total}, {40, 200 / total}}));
}

TEST(MassiveDimensions, AreNoneWhereAllAreAlikeOrZero) {
    const std::vector<double> zero(100, 0.0);
    EXPECT_TRUE(massive_dimensions(10, zero, std::vector<double>(100, 3.0)).empty());
    EXPECT_TRUE(massive_dimensions(10, zero, zero).empty());
}

TEST(MassiveDimensions, ExactlyTheShareIsNotMore) {
    const std::vector<double> mean(20, 0.0);
    EXPECT_TRUE(massive_dimensions(1, mean, std::vector<double>(20, 1.0)).empty());
    EXPECT_EQ(massive_dimensions(1, std::span(mean).first(19), std::vector<double>(19, 1.0)).size(), 19U);
}

}  // namespace
}  // namespace contrans
