#include "apps/server/model_name.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "apps/server/request_error.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

constexpr std::size_t kLongestConceptName = 64;
const std::string kPath = "model";

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

double dose_from(std::string_view text) {
    double dose = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), dose);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(dose)) return dose;
    throw bad_field(kPath, "a dose after '@' must be a number, not " + in_quotes(text));
}

ConceptChoice choice_from(std::string_view text) {
    const std::size_t at = text.find('@');
    ConceptChoice choice;
    choice.name = std::string(text.substr(0, at));
    require_concept_name(choice.name, kPath);
    if (at != std::string_view::npos) choice.dose = dose_from(text.substr(at + 1));
    return choice;
}

/// Where the base ends: a served name that fits, else the first '+'.
std::size_t base_size(std::string_view text, const std::vector<std::string>& served) {
    for (const std::string& name : served) {
        const bool fits = text.starts_with(name) && (text.size() == name.size() || text[name.size()] == '+');
        if (fits) return name.size();
    }
    return std::min(text.find('+'), text.size());
}

}  // namespace

void require_concept_name(std::string_view name, const std::string& path) {
    const bool fits = !name.empty() && name.size() <= kLongestConceptName &&
                      std::all_of(name.begin(), name.end(), is_name_character) && !name.starts_with('.');
    if (!fits) {
        throw bad_field(path,
                        "a concept's name has 1 to 64 letters, digits, '-', '_' or '.', and does not begin with "
                        "'.'; not " +
                            in_quotes(name));
    }
}

ModelName parse_model_name(std::string_view text, const std::vector<std::string>& served) {
    ModelName name;
    const std::size_t size = base_size(text, served);
    name.base = std::string(text.substr(0, size));
    std::string_view rest = text.substr(size);
    while (!rest.empty()) {
        rest.remove_prefix(1);  // the '+'
        const std::size_t at = rest.find('@');
        // A '+' straight after '@' is the dose's sign.
        const std::size_t from = at == std::string_view::npos || rest.find('+') < at ? 0 : at + 2;
        const std::size_t end = std::min(from < rest.size() ? rest.find('+', from) : rest.size(), rest.size());
        name.concepts.push_back(choice_from(rest.substr(0, end)));
        if (name.concepts.size() > kMostConcepts) throw bad_field(kPath, "names more than 16 concepts");
        rest.remove_prefix(end);
    }
    return name;
}

}  // namespace contrans::server
