#include "apps/server/concept_query.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

TEST(ConceptQuery, takes_names_between_commas) {
    EXPECT_EQ(parse_concept_query("concepts=polite"), std::vector<std::string>{"polite"});
    EXPECT_EQ(parse_concept_query("concepts=a,b-2.x,c_d"), (std::vector<std::string>{"a", "b-2.x", "c_d"}));
}

TEST(ConceptQuery, refuses_what_names_nothing_twice_or_too_many) {
    std::string many = "concepts=a0";
    for (int i = 1; i <= 16; ++i) many += ",a" + std::to_string(i);
    for (const std::string& query :
         {std::string(), std::string("name=a"), std::string("concepts="), std::string("concepts=a,"),
          std::string("concepts=,a"), std::string("concepts=a,a"), std::string("concepts=a%2Cb"),
          std::string("concepts=<b>"), many}) {
        EXPECT_TRUE(refuses({400, "concepts"}, [&] { (void)parse_concept_query(query); })) << query;
    }
}

}  // namespace
}  // namespace contrans::server
