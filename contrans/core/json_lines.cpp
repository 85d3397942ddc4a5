#include "contrans/core/json_lines.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 32;

// What JSON's grammar allows and these files do not; nlohmann's parser calls it at every event.
class Strictness {
public:
    explicit Strictness(const LinePlace& place) : place_(place) {}

    bool operator()(int depth, json::parse_event_t event, json& parsed) {
        const auto level = static_cast<std::size_t>(depth);
        if (level >= kMaxDepth) {
            reject_line(place_, "values must not nest deeper than " + std::to_string(kMaxDepth) + " levels", "");
        }
        if (keys_.size() <= level) keys_.resize(level + 1);
        if (event == json::parse_event_t::object_start && level + 1 < keys_.size()) keys_[level + 1].clear();
        if (event == json::parse_event_t::key && !keys_[level].insert(parsed.get<std::string>()).second) {
            reject_line(place_, "a key must not be given twice", in_quotes(parsed.get<std::string>()));
        }
        return true;
    }

private:
    const LinePlace& place_;
    std::vector<std::set<std::string>> keys_;  // by depth, of the object open there
};

// nlohmann's text without its error number in brackets and without the line, which is always 1 here.
std::string parser_text(const json::exception& error) {
    const std::string_view text = error.what();
    const std::size_t bracket = text.find("] ");
    return printable(bracket == std::string_view::npos ? text : text.substr(bracket + 2), 200);
}

json parse_object(std::string_view line, const LinePlace& place) {
    json value;
    try {
        value = json::parse(line, Strictness(place));
    } catch (const json::exception& error) {
        reject_line(place, "the line must be JSON", parser_text(error));
    }
    if (!value.is_object()) reject_line(place, "the line must be a JSON object", in_quotes(line));
    return value;
}

}  // namespace

void read_json_lines(const std::filesystem::path& file,
                     const std::function<void(const json& object, const LinePlace& place)>& visit) {
    LineReader reader(file);
    while (const auto line = reader.next()) {
        if (!trimmed(*line).empty()) visit(parse_object(*line, reader.place()), reader.place());
    }
}

}  // namespace contrans
