#include "apps/server/concept_fields.h"

#include "apps/server/concept_body.h"
#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

std::vector<ConceptChoice> choices(const std::string& concepts) {
    const Json json = parse_body("{\"concepts\":" + concepts + "}");
    return concepts_from(FieldReader(json, ""));
}

TEST(ConceptFields, all_fields) {
    const auto got = choices(
        R"([{"name": "polite", "dose": -0.2, "operator": "clamp", "tokens": "generated", "after": 7,
             "gate": {"name": "angry", "threshold": 0.5}}, {"name": "happy"}, "calm"])");
    ASSERT_EQ(got.size(), 3U);
    EXPECT_EQ(got[0].name, "polite");
    EXPECT_EQ(got[0].dose, -0.2);
    EXPECT_EQ(got[0].op, SteeringOperator::clamp);
    EXPECT_EQ(got[0].tokens, TokenRange::generated);
    EXPECT_EQ(got[0].after, 7U);
    ASSERT_TRUE(got[0].gate.has_value());
    EXPECT_EQ(got[0].gate->concept_name, "angry");
    EXPECT_EQ(got[0].gate->threshold, 0.5);
    EXPECT_FALSE(got[1].dose.has_value());
    EXPECT_EQ(got[1].op, SteeringOperator::add);
    EXPECT_EQ(got[1].tokens, TokenRange::both);
    EXPECT_FALSE(got[1].gate.has_value());
    EXPECT_EQ(got[2].name, "calm");
}

TEST(ConceptFields, every_operator_and_range_has_its_word) {
    EXPECT_EQ(choices(R"([{"name":"a","operator":"add"}])")[0].op, SteeringOperator::add);
    EXPECT_EQ(choices(R"([{"name":"a","operator":"project_out"}])")[0].op, SteeringOperator::project_out);
    EXPECT_EQ(choices(R"([{"name":"a","operator":"add_keeping_norm"}])")[0].op, SteeringOperator::add_keeping_norm);
    EXPECT_EQ(choices(R"([{"name":"a","tokens":"prompt"}])")[0].tokens, TokenRange::prompt);
    EXPECT_EQ(choices(R"([{"name":"a","tokens":"both"}])")[0].tokens, TokenRange::both);
}

TEST(ConceptFields, none) {
    EXPECT_TRUE(choices("[]").empty());
    EXPECT_TRUE(choices("null").empty());
}

struct Case {
    const char* json;
    const char* param;
};

TEST(ConceptFields, broken_ones_are_refused_with_their_place) {
    for (const Case& bad : std::initializer_list<Case>{
             {R"({"name":"a"})", "concepts"},
             {R"("a")", "concepts"},
             {"[1]", "concepts[0]"},
             {R"([{}])", "concepts[0].name"},
             {R"([{"name":1}])", "concepts[0].name"},
             {R"([{"name":""}])", "concepts[0].name"},
             {R"(["a","b c"])", "concepts[1]"},
             {R"([{"name":"../a"}])", "concepts[0].name"},
             {R"([{"name":"a","dose":"1"}])", "concepts[0].dose"},
             {R"([{"name":"a","dose":1e7}])", "concepts[0].dose"},
             {R"([{"name":"a","doze":1}])", "concepts[0].doze"},
             {R"([{"name":"a","operator":"multiply"}])", "concepts[0].operator"},
             {R"([{"name":"a","tokens":"all"}])", "concepts[0].tokens"},
             {R"([{"name":"a","after":-1}])", "concepts[0].after"},
             {R"([{"name":"a","after":1.5}])", "concepts[0].after"},
             {R"([{"name":"a","gate":"b"}])", "concepts[0].gate"},
             {R"([{"name":"a","gate":{"name":"b"}}])", "concepts[0].gate.threshold"},
             {R"([{"name":"a","gate":{"threshold":1}}])", "concepts[0].gate.name"},
             {R"([{"name":"a","gate":{"name":"b","threshold":1,"x":1}}])", "concepts[0].gate.x"}}) {
        EXPECT_TRUE(refuses({400, bad.param}, [&] { (void)choices(bad.json); })) << bad.json;
    }
}

TEST(ConceptFields, at_most_sixteen_together) {
    std::string many = "[\"a\"";
    for (int i = 0; i < 16; ++i) many += ",\"a\"";
    EXPECT_TRUE(refuses({400, "concepts", "16"}, [&] { (void)choices(many + "]"); }));
    const std::vector<ConceptChoice> ten(10);
    EXPECT_EQ(joined(ten, std::vector<ConceptChoice>(6)).size(), 16U);
    EXPECT_TRUE(refuses({400, "concepts", "16"}, [&] { (void)joined(ten, std::vector<ConceptChoice>(7)); }));
}

TEST(ConceptBody, a_file_of_the_folder_with_or_without_a_name) {
    EXPECT_EQ(parse_concept_body(R"({"file":"polite.gguf"})").name, "");
    const ConceptBody body = parse_concept_body(R"({"file":"polite.gguf","name":"kind"})");
    EXPECT_EQ(body.file, "polite.gguf");
    EXPECT_EQ(body.name, "kind");
}

TEST(ConceptBody, nothing_outside_the_folder) {
    for (const char* file : {"../a.gguf", "/etc/a.gguf", "a/b.gguf", ".a.gguf", "a.txt", "a.controls.gguf", "..", "",
                             "a\\\\b.gguf", "a\\u0000.gguf"}) {
        const std::string body = std::string(R"({"file":")") + file + "\"}";
        EXPECT_TRUE(refuses({400, "file"}, [&] { (void)parse_concept_body(body); })) << body;
    }
    EXPECT_TRUE(refuses({400, "file"}, [] { (void)parse_concept_body("{}"); }));
    EXPECT_TRUE(refuses({400, "name"}, [] { (void)parse_concept_body(R"({"file":"a.gguf","name":"a b"})"); }));
    EXPECT_TRUE(refuses({400, "path"}, [] { (void)parse_concept_body(R"({"file":"a.gguf","path":"/"})"); }));
}

}  // namespace
}  // namespace contrans::server
