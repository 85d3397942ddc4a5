#include "apps/server/json_body.h"

#include <set>
#include <string>
#include <vector>

#include "apps/server/request_error.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

/// Checks depth and doubled keys while nlohmann's parser, which does not recurse, reads.
class BodyWatch {
public:
    explicit BodyWatch(std::size_t deepest) : deepest_(deepest) {}

    bool operator()(int depth, Json::parse_event_t event, const Json& value) {
        using Event = Json::parse_event_t;
        if (event == Event::object_start || event == Event::array_start) open(static_cast<std::size_t>(depth) + 1);
        if (event == Event::object_end || event == Event::array_end) keys_.pop_back();
        if (event == Event::key && !keys_.back().insert(value.get<std::string>()).second) {
            throw bad_body("key " + in_quotes(value.get<std::string>()) + " stands twice in one object");
        }
        return true;
    }

private:
    void open(std::size_t depth) {
        if (depth > deepest_) throw bad_body("is nested deeper than " + std::to_string(deepest_));
        keys_.emplace_back();
    }

    std::size_t deepest_;
    std::vector<std::set<std::string>> keys_;  // of the objects that are open
};

}  // namespace

Json parse_body(std::string_view body, std::size_t deepest) {
    if (const auto at = first_invalid_utf8(body)) throw bad_body("byte " + std::to_string(*at) + " is not UTF-8");
    try {
        // By reference: nlohmann copies its callback.
        BodyWatch watch(deepest);
        const auto look = [&watch](int depth, Json::parse_event_t event, const Json& value) {
            return watch(depth, event, value);
        };
        Json json = Json::parse(body, look);
        if (!json.is_object()) throw bad_body(std::string("must be a JSON object, not ") + json.type_name());
        return json;
    } catch (const Json::parse_error& error) {
        throw bad_body("is not JSON from byte " + std::to_string(error.byte) + " on");
    } catch (const Json::exception&) {
        throw bad_body("holds a number that is too large");
    }
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace contrans::server
