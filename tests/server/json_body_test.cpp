#include "apps/server/json_body.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

std::string nested(std::size_t depth) {
    return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

TEST(JsonBody, keeps_the_order_of_members) {
    EXPECT_EQ(dump(parse_body(R"( {"b": 1, "a": [true, null, "é"]} )")), R"({"b":1,"a":[true,null,"é"]})");
}

TEST(JsonBody, what_is_no_object_is_refused) {
    for (const std::string text : {"", " ", "[]", "1", "null", "\"a\"", "{", "{\"a\":}", "{\"a\":1}}", "{'a':1}",
                                   "{\"a\":01}", "{\"a\":NaN}", "{\"a\":1,}", "{\"a\":\"\x01\"}", "// x\n{}"}) {
        EXPECT_TRUE(refuses({400, "", "body"}, [&] { (void)parse_body(text); })) << text;
    }
}

TEST(JsonBody, bytes_that_are_not_utf8_are_refused_with_their_place) {
    EXPECT_TRUE(refuses({400, "", "byte 6"}, [] { (void)parse_body("{\"a\":\"\xC3\x28\"}"); }));
    EXPECT_TRUE(refuses({400, "", "UTF-8"}, [] { (void)parse_body("{\"a\":\"\xED\xA0\x80\"}"); }));
    EXPECT_TRUE(refuses({400, "", "JSON"}, [] { (void)parse_body(R"({"a":"\ud800"})"); }));
}

TEST(JsonBody, depth_is_limited) {
    EXPECT_NO_THROW((void)parse_body(nested(kDeepestBody)));
    EXPECT_TRUE(refuses({400, "", "deeper than 32"}, [] { (void)parse_body(nested(kDeepestBody + 1)); }));
    EXPECT_TRUE(refuses({400, "", "deeper"}, [] { (void)parse_body(nested(100'000)); }));
    EXPECT_TRUE(refuses({400, "", ""}, [] { (void)parse_body("{\"a\":" + std::string(1'000'000, '[')); }));
}

TEST(JsonBody, a_key_twice_is_refused_in_the_same_object_alone) {
    EXPECT_TRUE(refuses({400, "", "\"a\" stands twice"}, [] { (void)parse_body(R"({"a":1,"b":2,"a":3})"); }));
    EXPECT_TRUE(refuses({400, "", "twice"}, [] { (void)parse_body(R"({"x":[{"a":1},{"b":1,"b":2}]})"); }));
    EXPECT_NO_THROW((void)parse_body(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
}

TEST(JsonBody, numbers_beyond_a_double_are_refused) {
    EXPECT_TRUE(refuses({400, "", "too large"}, [] { (void)parse_body(R"({"a":1e999})"); }));
}

TEST(JsonBody, broken_bytes_are_sent_as_replacements) { EXPECT_EQ(dump(Json("a\xFF")), "\"a\xEF\xBF\xBD\""); }

}  // namespace
}  // namespace contrans::server
