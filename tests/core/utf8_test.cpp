#include "contrans/core/utf8.h"

#include "gtest/gtest.h"

namespace contrans {
namespace {

TEST(Utf8, accepts_the_edges_of_every_length) {
    for (const char* text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_FALSE(first_invalid_utf8(text)) << printable(text);
    }
}

TEST(Utf8, refuses_overlong_surrogate_out_of_range_stray_and_cut) {
    for (const char* bad :
         {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
          "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82", "\xF0\x9F\x98", "\xC2z"}) {
        EXPECT_EQ(first_invalid_utf8("ok" + std::string(bad)), 2U) << printable(bad);
    }
}

TEST(Utf8, printable_is_one_valid_line) {
    EXPECT_EQ(printable("a\nb\x01\xFFé"), "a\\x0ab\\x01\\xffé");
    EXPECT_EQ(printable("äöü", 5), "äö…");
    EXPECT_EQ(printable("12345", 5), "12345");
    EXPECT_EQ(in_quotes("x"), "\"x\"");
}

}  // namespace
}  // namespace contrans
