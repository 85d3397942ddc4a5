#include "contrans/core/utc_time.h"

#include <string>

#include "gtest/gtest.h"

namespace contrans {
namespace {

// The seconds are those of `date -u -d TEXT +%s`.
TEST(UtcTime, reads_days_and_times) {
    EXPECT_EQ(parse_utc("1970-01-01"), 0);
    EXPECT_EQ(parse_utc("2026-01-31"), 1'769'817'600'000'000);
    EXPECT_EQ(parse_utc("2024-02-29T23:59:59Z"), 1'709'251'199'000'000);
    EXPECT_EQ(parse_utc("2026-01-31T12:34:56.123456Z"), 1'769'862'896'123'456);
    EXPECT_EQ(parse_utc("2026-01-31T12:34:56.5Z"), 1'769'862'896'500'000);
    EXPECT_EQ(parse_utc("1969-12-31T23:59:59.999999Z"), -1);
}

TEST(UtcTime, refuses_everything_else) {
    for (const char* text : {"",
                             "2026",
                             "2026-1-31",
                             "2026-02-29",
                             "2026-13-01",
                             "2026-00-10",
                             "2026-01-00",
                             " 2026-01-31",
                             "2026-01-31 ",
                             "2026-01-31T",
                             "2026-01-31T12:34Z",
                             "2026-01-31T12:34:56",
                             "2026-01-31 12:34:56Z",
                             "2026-01-31T24:00:00Z",
                             "2026-01-31T12:60:00Z",
                             "2026-01-31T12:34:60Z",
                             "2026-01-31T12:34:56.Z",
                             "2026-01-31T12:34:56.1234567Z",
                             "2026-01-31T12:34:56+01:00",
                             "-026-01-31",
                             "2026-01-31T-1:00:00Z",
                             "today"}) {
        EXPECT_EQ(parse_utc(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_utc(std::string_view("2026-01-31\0", 11)), std::nullopt);
}

}  // namespace
}  // namespace contrans
