#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace contrans::server {

/// The names of "concepts=polite,happy": at least one, at most as many as a request may steer by, none twice. Throws
/// RequestError 400.
[[nodiscard]] std::vector<std::string> parse_concept_query(std::string_view query);

}  // namespace contrans::server
