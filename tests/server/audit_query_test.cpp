#include "apps/server/audit_query.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

TEST(AuditQuery, asks_for_the_newest_records_where_nothing_is_said) {
    const AuditFilter filter = parse_audit_query("");
    EXPECT_EQ(filter.newest, 100);
    EXPECT_EQ(filter.actor + filter.action + filter.subject, "");
    EXPECT_EQ(filter.up_to_place, std::numeric_limits<std::int64_t>::max());
}

TEST(AuditQuery, takes_each_filter_decoded_as_forms_are) {
    const AuditFilter filter = parse_audit_query(
        "actor=line+2%20%C3%A9&action=registry.&concept=happy%3Bpolite&from=1970-01-02&before=1970-01-03T00:00:00.5Z&"
        "newest=1000&up_to=1841");
    EXPECT_EQ(filter.actor, "line 2 \xC3\xA9");
    EXPECT_EQ(filter.action, "registry.");
    EXPECT_EQ(filter.subject, "happy;polite");
    EXPECT_EQ(filter.from, 86'400'000'000);
    EXPECT_EQ(filter.before, 172'800'500'000);
    EXPECT_EQ(filter.newest, 1000);
    EXPECT_EQ(filter.up_to_place, 1841);
}

TEST(AuditQuery, refuses_values_that_break_their_rule_naming_the_parameter) {
    const std::string long_name(257, 'a');
    for (const char* query : {"newest=0",
                              "newest=1001",
                              "newest=-1",
                              "newest=1.0",
                              "newest=",
                              "newest",
                              "up_to=0",
                              "up_to=99999999999999999999",
                              "up_to=x",
                              "up_to=+1",
                              "from=yesterday",
                              "from=2026-02-30",
                              "before=2026-01-31T12:00",
                              "before=%",
                              "actor=%zz",
                              "actor=%ff",
                              "actor=",
                              "action=",
                              "concept=",
                              "actor=a&actor=b"}) {
        const std::string name(std::string_view(query).substr(0, std::string_view(query).find('=')));
        EXPECT_TRUE(refuses({400, name, name}, [&] { (void)parse_audit_query(query); })) << query;
    }
    EXPECT_TRUE(refuses({400, "actor", "256"}, [&] { (void)parse_audit_query("actor=" + long_name); }));
}

TEST(AuditQuery, refuses_what_it_does_not_know) {
    EXPECT_TRUE(refuses({400, "page", "newest"}, [] { (void)parse_audit_query("page=2"); }));
    EXPECT_TRUE(refuses({400, "Actor"}, [] { (void)parse_audit_query("Actor=anna"); }));
    EXPECT_TRUE(refuses({400, ""}, [] { (void)parse_audit_query("=1"); }));
    EXPECT_TRUE(refuses({400, ""}, [] { (void)parse_audit_query("&"); }));
    EXPECT_TRUE(refuses({400, "a\\x0ab"}, [] { (void)parse_audit_query("a\nb=1"); }));
}

}  // namespace
}  // namespace contrans::server
