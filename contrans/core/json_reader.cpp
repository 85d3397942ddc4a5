#include "contrans/core/json_reader.h"

namespace contrans {

nlohmann::ordered_json parse_json(std::string_view text, const std::string& origin, const std::string& what) {
    try {
        return nlohmann::ordered_json::parse(text);
    } catch (const nlohmann::ordered_json::exception& error) {
        throw Error(ErrorKind::format, origin + ": must be " + what + ": " + printable(error.what(), 200));
    }
}

}  // namespace contrans
