#include "contrans/evaluation/constraint_json.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using Json = nlohmann::json;
using Kind = ConstraintKind;

constexpr std::size_t kLargestCount = 10'000;

/// A constraint under reading; knows how its errors are worded.
struct Reader {
    const Json& json;
    const LinePlace& place;

    [[noreturn]] void fail(const std::string& rule, const Json& got) const {
        reject_line(place, "\"constraint\": " + rule, printable(got.dump()));
    }
    [[nodiscard]] const Json& at(const char* key) const {
        if (!json.contains(key)) fail("key " + in_quotes(key) + " is missing", json);
        return json[key];
    }
    [[nodiscard]] std::size_t count(const char* key) const {
        const Json& value = at(key);
        if (!value.is_number_integer() || value < 0 || value > kLargestCount)
            fail(in_quotes(key) + " must be 0 to " + std::to_string(kLargestCount), value);
        return value.get<std::size_t>();
    }
    [[nodiscard]] std::string text(const Json& value, const char* key) const {
        if (!value.is_string() || trimmed(value.get_ref<const std::string&>()).empty())
            fail(in_quotes(key) + " must hold text", value);
        return value.get<std::string>();
    }
    [[nodiscard]] std::vector<std::string> texts(const char* key) const {
        if (!at(key).is_array() || at(key).empty()) fail(in_quotes(key) + " must be a list of texts", at(key));
        std::vector<std::string> result;
        for (const Json& value : at(key)) result.push_back(text(value, key));
        return result;
    }
};

Kind read_kind(const Reader& reader) {
    try {
        return parse_constraint_kind(reader.text(reader.at("kind"), "kind"));
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::format) throw;
        reject_line(reader.place, error.what(), "");
    }
}

}  // namespace

Constraint constraint_from_json(const Json& json, const LinePlace& place) {
    const Reader reader{json, place};
    if (!json.is_object()) reader.fail("must be an object", json);
    Constraint constraint{read_kind(reader), 0, {}};
    switch (constraint.kind) {
        case Kind::max_words:
        case Kind::min_words:
            constraint.count = reader.count("words");
            break;
        case Kind::sentences:
        case Kind::bullets:
        case Kind::numbered:
        case Kind::paragraphs:
            constraint.count = reader.count("count");
            break;
        case Kind::json:
            constraint.texts = reader.texts("keys");
            break;
        case Kind::keyword:
        case Kind::forbidden:
            constraint.texts = reader.texts("words");
            break;
        case Kind::starts_with:
        case Kind::ends_with:
            constraint.texts = {reader.text(reader.at("text"), "text")};
            break;
        case Kind::language:
            constraint.texts = {reader.text(reader.at("language"), "language")};
            if (!known_language(constraint.texts[0])) reader.fail("the language has no rule here", json["language"]);
            break;
        case Kind::all_caps:
        case Kind::all_lowercase:
        case Kind::quoted:
        case Kind::no_commas:
            break;
    }
    return constraint;
}

}  // namespace contrans
