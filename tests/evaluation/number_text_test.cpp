#include "contrans/evaluation/number_text.h"

#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(NumberText, Fixed) {
    EXPECT_EQ(fixed(0.456), "0.46");
    EXPECT_EQ(fixed(-0.001), "0.00");
    EXPECT_EQ(fixed(-1.5, 1), "-1.5");
    EXPECT_EQ(fixed(std::nullopt), "-");
    EXPECT_EQ(fixed(842.6, 0), "843");
    EXPECT_EQ(fixed(1e300), "> 1e6");
}

TEST(NumberText, Interval) {
    EXPECT_EQ(with_interval(0.5, 0.25, 0.75), "0.50 [0.25, 0.75]");
    EXPECT_EQ(with_interval(0.5, std::nullopt, 0.75), "0.50");
    EXPECT_EQ(with_interval(std::nullopt, 0.1, 0.75), "-");
}

}  // namespace
}  // namespace contrans
