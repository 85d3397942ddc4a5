#include "contrans/core/json_reader.h"

#include <fstream>
#include <iterator>

namespace contrans {

nlohmann::ordered_json parse_json(std::string_view text, const std::string& origin, const std::string& what) {
    try {
        return nlohmann::ordered_json::parse(text);
    } catch (const nlohmann::ordered_json::exception& error) {
        throw Error(ErrorKind::format, origin + ": must be " + what + ": " + printable(error.what(), 200));
    }
}

nlohmann::ordered_json read_json_file(const std::filesystem::path& file, const std::string& what) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Error(ErrorKind::io, file.string() + ": cannot be opened");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return parse_json(text, file.string(), what);
}

}  // namespace contrans
