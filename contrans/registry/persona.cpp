#include "contrans/registry/persona.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "contrans/core/error.h"
#include "contrans/core/json_reader.h"
#include "contrans/core/shortest_number.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kFormat = 1;
constexpr double kLargestDose = 1e6;  // sizes beyond are typing errors
constexpr std::size_t kLargestVersion = 1'000'000'000;
constexpr std::array<std::string_view, 4> kOperators = {"add", "project_out", "add_keeping_norm", "clamp"};
constexpr std::array<std::string_view, 3> kTokens = {"both", "prompt", "generated"};

/// Rules that are kept elsewhere, said of a key here.
template <class Rule>
void hold(const JsonReader& reader, const char* key, const Rule& rule) {
    try {
        rule();
    } catch (const Error& error) {
        reader.fail(key, std::string("is wrong: ") + error.what());
    }
}

std::string name_in(const JsonReader& reader, const char* key, void (*require)(std::string_view)) {
    auto name = reader.get<std::string>(key);
    hold(reader, key, [&] { require(name); });
    return name;
}

/// The first word where there is none.
std::string word_in(const JsonReader& reader, const char* key, std::span<const std::string_view> words) {
    auto given = reader.get_or<std::string>(key, std::string(words.front()));
    if (std::ranges::find(words, given) != words.end()) return given;
    std::string known;
    for (const std::string_view word : words) known += (known.empty() ? "" : ", ") + std::string(word);
    reader.fail(key, "must be one of " + known + ", not " + in_quotes(given));
}

double dose_in(const JsonReader& reader, const std::string& op) {
    const bool share = op == "project_out";
    const auto dose = reader.get<double>("dose");
    const double lowest = share ? 0 : -kLargestDose;
    const double highest = share ? 1 : kLargestDose;
    if (!(dose >= lowest && dose <= highest)) {
        reader.fail("dose", share ? "of project_out must be 0 to 1" : "must be a dose in units of sigma");
    }
    return dose + 0.0;  // no −0, which SQLite does not keep
}

PersonaConcept concept_in(const JsonReader& reader) {
    reader.refuse_others({"concept", "dose", "version", "operator", "tokens"});
    PersonaConcept one;
    one.name = name_in(reader, "concept", &require_concept_name);
    one.op = word_in(reader, "operator", kOperators);
    one.dose = dose_in(reader, one.op);
    one.tokens = word_in(reader, "tokens", kTokens);
    const auto version = reader.get_or<std::size_t>("version", 0);
    if (version > kLargestVersion) reader.fail("version", "must be a version's number");
    one.version = static_cast<std::int64_t>(version);
    return one;
}

void require_told_apart(const JsonReader& reader, const std::vector<PersonaConcept>& concepts) {
    for (auto each = concepts.begin(); each != concepts.end(); ++each) {
        if (std::find_if(concepts.begin(), each,
                         [&](const PersonaConcept& other) { return other.name == each->name; }) != each) {
            reader.fail("concepts", "has a concept twice: " + in_quotes(each->name));
        }
    }
}

Json concept_json(const PersonaConcept& one) {
    Json json{{"concept", one.name}, {"dose", one.dose}};
    if (one.version != 0) json["version"] = one.version;
    if (one.op != kOperators.front()) json["operator"] = one.op;
    if (one.tokens != kTokens.front()) json["tokens"] = one.tokens;
    return json;
}

}  // namespace

std::string persona_name(const PersonaVersion& version) { return version_name(version.persona.name, version.version); }

Persona parse_persona(std::string_view text, const std::string& origin) {
    const Json json = parse_json(text, origin, "a persona (JSON)");
    const JsonReader reader(json, origin);
    reader.refuse_others({"persona", "name", "note", "concepts"});
    if (reader.get<std::size_t>("persona") != kFormat) {
        reader.fail("persona", "must be 1: the version of personas' format");
    }
    Persona persona;
    persona.name = name_in(reader, "name", &require_persona_name);
    persona.note = reader.get_or<std::string>("note", "");
    hold(reader, "note", [&] { require_line(persona.note, "a note", 1000); });
    persona.concepts = reader.list<PersonaConcept>("concepts", concept_in);
    if (persona.concepts.empty()) reader.fail("concepts", "must have a concept");
    if (persona.concepts.size() > kMostPersonaConcepts) reader.fail("concepts", "must have at most 16");
    require_told_apart(reader, persona.concepts);
    return persona;
}

std::string persona_text(const Persona& persona) {
    Json json{{"persona", kFormat}, {"name", persona.name}, {"note", persona.note}};
    json["concepts"] = Json::array();
    for (const PersonaConcept& one : persona.concepts) json["concepts"].push_back(concept_json(one));
    return json.dump(2) + "\n";
}

VersionReference parse_persona_reference(const std::string& text) {
    require_persona_name(std::string_view(text).substr(0, text.find('@')));
    VersionReference reference = parse_version_reference(text);
    if (reference.tag.empty()) return reference;
    throw Error(ErrorKind::argument,
                "persona: after '@' stands a version's number, personas have no tags; got " + in_quotes(text));
}

std::string concepts_text(const Persona& persona) {
    std::string text;
    for (const PersonaConcept& one : persona.concepts) {
        text += (text.empty() ? "" : ", ") + (one.version == 0 ? one.name : version_name(one.name, one.version)) + " " +
                shortest_number(one.dose);
        const bool plain = one.op == kOperators.front() && one.tokens == kTokens.front();
        if (!plain) text += " " + one.op + "/" + one.tokens;
    }
    return text;
}

}  // namespace contrans
