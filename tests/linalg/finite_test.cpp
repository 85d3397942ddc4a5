#include "contrans/linalg/finite.h"

#include <limits>

#include "contrans/core/error.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(Finite, NamesTheFirstOffendingRow) {
    Matrix x(4, 3);
    EXPECT_FALSE(first_non_finite_row(x).has_value());
    x(3, 0) = std::numeric_limits<float>::infinity();
    x(2, 1) = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(first_non_finite_row(x), 2U);
    try {
        require_finite(x, "states");
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::numeric);
        EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace contrans
