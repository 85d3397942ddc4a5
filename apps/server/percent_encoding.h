#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace contrans::server {

/// "a+b" of "a%2Bb". Throws RequestError 400 for a broken escape. @param field  for the message
[[nodiscard]] std::string percent_decoded(std::string_view escaped, const std::string& field);

struct QueryField {
    std::string name;
    std::string value;
};

/// The fields of "actor=anna&from=2026-01-31", in their order, as browsers write forms: "+" is a space. Throws
/// RequestError 400 for a broken escape, a part without "=", an empty or too long value, bytes that are not UTF-8, and
/// a name that stands twice.
[[nodiscard]] std::vector<QueryField> query_fields(std::string_view query);

/// A whole number in that range. Throws RequestError 400.
[[nodiscard]] long long whole_number_of(const QueryField& field, long long lowest, long long highest);

}  // namespace contrans::server
