#include "apps/server/field_reader.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "apps/server/request_error.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

std::string must_be(std::string_view kind, const Json& value) {
    const bool scalar = value.is_primitive();
    return "must be " + std::string(kind) + ", not " + (scalar ? printable(dump(value)) : value.type_name());
}

template <class Number>
std::string range_text(const char* kind, Number lowest, Number highest) {
    std::ostringstream text;
    text << kind;
    const bool bounded_below = lowest > std::numeric_limits<Number>::lowest();
    const bool bounded_above = highest < std::numeric_limits<Number>::max();
    if (bounded_below && bounded_above) text << " from " << lowest << " to " << highest;
    if (bounded_below && !bounded_above) text << " of at least " << lowest;
    if (!bounded_below && bounded_above) text << " of at most " << highest;
    return text.str();
}

}  // namespace

FieldReader::FieldReader(const Json& object, std::string path) : json_(object), path_(std::move(path)) {
    if (!object.is_object()) throw bad_field(path_, must_be("an object", object));
}

bool FieldReader::has(const char* key) const { return value(key) != nullptr; }

const Json* FieldReader::value(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<double> FieldReader::number(const char* key, NumberRange range) const {
    const Json* found = value(key);
    if (found == nullptr) return {};
    const double got = found->is_number() ? found->get<double>() : std::nan("");
    if (got >= range.lowest && got <= range.highest) return got;
    fail(key, must_be(range_text("a number", range.lowest, range.highest), *found));
}

std::optional<std::uint64_t> FieldReader::whole(const char* key, WholeRange range) const {
    const Json* found = value(key);
    if (found == nullptr) return {};
    // nlohmann wraps negative numbers and cuts fractions when asked for unsigned.
    if (found->is_number_unsigned()) {
        const auto got = found->get<std::uint64_t>();
        if (got >= range.lowest && got <= range.highest) return got;
    }
    fail(key, must_be(range_text("a whole number", range.lowest, range.highest), *found));
}

std::optional<bool> FieldReader::flag(const char* key) const {
    const Json* found = value(key);
    if (found == nullptr) return {};
    if (!found->is_boolean()) fail(key, must_be("true or false", *found));
    return found->get<bool>();
}

std::optional<std::string> FieldReader::text(const char* key, std::size_t most_bytes) const {
    const Json* found = value(key);
    if (found == nullptr) return {};
    if (!found->is_string()) fail(key, must_be("a string", *found));
    const auto& got = found->get_ref<const std::string&>();
    if (got.size() > most_bytes) {
        fail(key, "must have at most " + std::to_string(most_bytes) + " bytes, not " + std::to_string(got.size()));
    }
    return got;
}

const Json* FieldReader::list(const char* key, std::size_t most) const {
    const Json* found = value(key);
    if (found == nullptr) return nullptr;
    if (!found->is_array()) fail(key, must_be("a list", *found));
    if (found->size() > most) {
        fail(key, "must have at most " + std::to_string(most) + " elements, not " + std::to_string(found->size()));
    }
    return found;
}

std::optional<FieldReader> FieldReader::object(const char* key) const {
    const Json* found = value(key);
    if (found == nullptr) return {};
    return FieldReader(*found, path(key));
}

std::optional<std::string> FieldReader::word(const char* key, std::initializer_list<std::string_view> words) const {
    const std::optional<std::string> got = text(key);
    if (!got || std::find(words.begin(), words.end(), *got) != words.end()) return got;
    std::string known;
    for (const std::string_view each : words) known += (known.empty() ? "" : ", ") + std::string(each);
    fail(key, "must be one of " + known + ", not " + in_quotes(*got));
}

std::string FieldReader::required_text(const char* key, std::size_t most_bytes) const {
    std::optional<std::string> got = text(key, most_bytes);
    if (!got) fail(key, "is missing");
    return *std::move(got);
}

void FieldReader::refuse_others(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, unused] : json_.items()) {
        if (std::find(known.begin(), known.end(), key) == known.end())
            fail(printable(key), "is no field that is known");
    }
}

std::string FieldReader::path(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void FieldReader::fail(std::string_view key, std::string_view rule) const { throw bad_field(path(key), rule); }

}  // namespace contrans::server
