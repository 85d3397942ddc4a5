// A persona's file: what is read, that it is written back alike, and what is refused.
#include "contrans/registry/persona.h"

#include <nlohmann/json.hpp>

#include "contrans/core/error.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/registry/persona_file.h"

namespace contrans {
namespace {

using testing::persona_json;
using testing::throws_error;
using Json = nlohmann::ordered_json;

void refused(const Json& json, const std::vector<std::string>& parts) {
    EXPECT_TRUE(throws_error(ErrorKind::format, parts, [&] { (void)parse_persona(json.dump(), "warm.json"); }));
}

/// The usual one with another first concept.
Json with_concept(const Json& one) {
    Json json = persona_json();
    json["concepts"][0] = one;
    return json;
}

TEST(PersonaFile, says_concepts_in_their_order) {
    const Persona persona = parse_persona(R"({"persona": 1, "name": "warm-support", "note": "for replies",
        "concepts": [{"concept": "polite", "dose": 0.3, "version": 2},
                     {"concept": "angry", "dose": 1, "operator": "project_out", "tokens": "generated"}]})",
                                          "warm.json");
    EXPECT_EQ(persona.name, "warm-support");
    EXPECT_EQ(persona.note, "for replies");
    ASSERT_EQ(persona.concepts.size(), 2U);
    EXPECT_EQ(persona.concepts[0], (PersonaConcept{"polite", 0.3, 2, "add", "both"}));
    EXPECT_EQ(persona.concepts[1], (PersonaConcept{"angry", 1, 0, "project_out", "generated"}));
    EXPECT_EQ(concepts_text(persona), "polite@2 0.3, angry 1 project_out/generated");
    EXPECT_EQ(parse_persona(persona_text(persona), "again"), persona);
    EXPECT_EQ(persona_text(parse_persona(persona_text(persona), "again")), persona_text(persona));
}

TEST(PersonaFile, needs_no_note_and_knows_no_minus_nothing) {
    Json json = persona_json();
    json.erase("note");
    json["concepts"][0]["dose"] = -0.0;
    const Persona persona = parse_persona(json.dump(), "warm.json");
    EXPECT_EQ(persona.note, "");
    EXPECT_EQ(persona_text(persona).find("-0"), std::string::npos) << "which SQLite would not keep";
}

TEST(PersonaFile, that_breaks_a_rule_is_refused_by_its_key) {
    refused("words", {"warm.json", "must be an object"});
    EXPECT_TRUE(throws_error(ErrorKind::format, {"warm.json", "a persona (JSON)"},
                             [] { (void)parse_persona("{oops", "warm.json"); }));
    for (const char* key : {"persona", "name", "concepts"}) {
        Json json = persona_json();
        json.erase(key);
        refused(json, {"warm.json", std::string("\"") + key + "\""});
    }
    const auto changed = [](const char* key, const Json& value) {
        Json json = persona_json();
        json[key] = value;
        return json;
    };
    refused(changed("persona", 2), {"\"persona\"", "must be 1"});
    refused(changed("name", "warm support"), {"\"name\"", "warm support"});
    refused(changed("name", "<img src=x>"), {"\"name\"", "<img"});
    refused(changed("name", std::string(129, 'a')), {"\"name\"", "1 to 128"});
    refused(changed("note", "two\nlines"), {"\"note\"", "one line"});
    refused(changed("owner", "anna"), {"\"owner\"", "not known here"});
    refused(changed("concepts", Json::object()), {"\"concepts\"", "list"});
    refused(changed("concepts", Json::array()), {"\"concepts\"", "must have a concept"});
    Json many = Json::array();
    for (int i = 0; i < 17; ++i) many.push_back({{"concept", "c" + std::to_string(i)}, {"dose", 0.1}});
    refused(changed("concepts", many), {"\"concepts\"", "at most 16"});
    const Json polite = {{"concept", "polite"}, {"dose", 0.3}};
    refused(changed("concepts", {polite, polite}), {"\"concepts\"", "twice", "polite"});
}

TEST(PersonaFile, whose_concept_breaks_a_rule_is_refused_by_its_place) {
    refused(with_concept("polite"), {"concepts[0]", "must be an object"});
    refused(with_concept({{"concept", "polite"}}), {"concepts[0]", "\"dose\"", "missing"});
    refused(with_concept({{"dose", 0.3}}), {"concepts[0]", "\"concept\"", "missing"});
    refused(with_concept({{"concept", "polite"}, {"dose", "much"}}), {"concepts[0]", "\"dose\"", "wrong type"});
    refused(with_concept({{"concept", "polite"}, {"dose", 1e7}}), {"concepts[0]", "\"dose\"", "sigma"});
    refused(with_concept({{"concept", "polite"}, {"doze", 0.3}, {"dose", 0.3}}), {"concepts[0]", "\"doze\""});
    refused(with_concept({{"concept", "a/b"}, {"dose", 0.3}}), {"concepts[0]", "\"concept\"", "a/b"});
    refused(with_concept({{"concept", "a"}, {"dose", 0.3}, {"version", -1}}), {"concepts[0]", "\"version\""});
    refused(with_concept({{"concept", "a"}, {"dose", 0.3}, {"version", 1e12}}), {"concepts[0]", "\"version\""});
    refused(with_concept({{"concept", "a"}, {"dose", 0.3}, {"operator", "ad"}}), {"\"operator\"", "clamp", "ad"});
    refused(with_concept({{"concept", "a"}, {"dose", 0.3}, {"tokens", "all"}}), {"\"tokens\"", "generated", "all"});
    refused(with_concept({{"concept", "a"}, {"dose", 1.5}, {"operator", "project_out"}}), {"\"dose\"", "0 to 1"});
}

TEST(PersonaReference, is_a_name_or_a_name_and_a_number) {
    EXPECT_EQ(parse_persona_reference("warm-support").version, 0);
    EXPECT_EQ(parse_persona_reference("warm-support@12").version, 12);
    for (const char* bad :
         {"", "warm support", "@2", "warm@0", "warm@production", "warm@", "warm@99999999999999999999"}) {
        EXPECT_THROW((void)parse_persona_reference(bad), Error) << bad;
    }
}

}  // namespace
}  // namespace contrans
