#include "apps/server/percent_encoding.h"

#include <algorithm>
#include <charconv>

#include "apps/server/field_reader.h"
#include "apps/server/request_error.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

QueryField field_of(std::string_view part) {
    const std::size_t equals = part.find('=');
    const std::string shown = printable(part.substr(0, equals));
    if (equals == std::string_view::npos) throw bad_field(shown, "must be given as NAME=VALUE");
    std::string value(part.substr(equals + 1));
    std::replace(value.begin(), value.end(), '+', ' ');
    value = percent_decoded(value, shown);
    if (value.empty()) throw bad_field(shown, "must not be empty; leave it out instead");
    if (value.size() > kLongestName) throw bad_field(shown, "must have at most 256 bytes");
    if (first_invalid_utf8(value)) throw bad_field(shown, "must be UTF-8");
    return {shown, std::move(value)};
}

}  // namespace

std::string percent_decoded(std::string_view escaped, const std::string& field) {
    std::string text;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] != '%') {
            text += escaped[i];
            continue;
        }
        unsigned byte = 0;
        const std::string_view digits = escaped.substr(i + 1, 2);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2)
            throw bad_field(field, "has a broken %-escape");
        text += static_cast<char>(byte);
        i += 2;
    }
    return text;
}

std::vector<QueryField> query_fields(std::string_view query) {
    std::vector<QueryField> fields;
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        QueryField field = field_of(query.substr(at, end - at));
        const bool twice =
            std::any_of(fields.begin(), fields.end(), [&](const QueryField& each) { return each.name == field.name; });
        if (twice) throw bad_field(field.name, "is given twice");
        fields.push_back(std::move(field));
        at = end + 1;
    }
    return fields;
}

long long whole_number_of(const QueryField& field, long long lowest, long long highest) {
    long long number = 0;
    const char* last = field.value.data() + field.value.size();
    const auto [end, error] = std::from_chars(field.value.data(), last, number);
    if (error == std::errc() && end == last && number >= lowest && number <= highest) return number;
    throw bad_field(field.name, "must be a whole number from " + std::to_string(lowest) + " to " +
                                    std::to_string(highest) + ", not " + in_quotes(field.value));
}

}  // namespace contrans::server
