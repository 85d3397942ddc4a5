#include "apps/server/concept_query.h"

#include <algorithm>

#include "apps/server/model_name.h"
#include "apps/server/request_error.h"

namespace contrans::server {
namespace {

constexpr std::string_view kField = "concepts=";

}  // namespace

std::vector<std::string> parse_concept_query(std::string_view query) {
    if (!query.starts_with(kField)) throw bad_field("concepts", "must be given as ?concepts=NAME,NAME");
    std::vector<std::string> names;
    for (std::size_t at = kField.size(); at <= query.size();) {
        const std::size_t end = std::min(query.find(',', at), query.size());
        const std::string name(query.substr(at, end - at));
        require_concept_name(name, "concepts");
        if (std::find(names.begin(), names.end(), name) != names.end()) throw bad_field("concepts", "has a name twice");
        if (names.size() == kMostConcepts) throw bad_field("concepts", "must be at most 16 names");
        names.push_back(name);
        at = end + 1;
    }
    return names;
}

}  // namespace contrans::server
