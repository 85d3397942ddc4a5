#include "contrans/harvest/corpus.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"
#include "contrans/core/text_lines.h"

namespace contrans {
namespace {

std::vector<std::string> read_jsonl(const std::filesystem::path& file) {
    std::vector<std::string> texts;
    read_json_lines(file, [&](const nlohmann::json& object, const LinePlace& place) {
        const auto text = object.find("text");
        if (text == object.end() || !text->is_string())
            reject_line(place, "needs a string \"text\"", object.dump().substr(0, 80));
        if (trimmed(text->get_ref<const std::string&>()).empty()) reject_line(place, "\"text\" must not be empty", "");
        texts.push_back(text->get<std::string>());
    });
    return texts;
}

std::vector<std::string> read_file(const std::filesystem::path& file) {
    if (file.extension() == ".txt") return read_text_lines(file);
    if (file.extension() == ".jsonl") return read_jsonl(file);
    throw Error(ErrorKind::format, file.string() +
                                       ": a corpus is .txt (a text a line) or .jsonl ({\"text\": …}), got \"" +
                                       file.extension().string() + "\"");
}

}  // namespace

std::vector<std::string> read_corpus(std::span<const std::filesystem::path> files) {
    std::vector<std::string> texts;
    std::unordered_set<std::string> seen;
    for (const std::filesystem::path& file : files) {
        std::vector<std::string> of_file = read_file(file);
        if (of_file.empty()) throw Error(ErrorKind::format, file.string() + ": holds no text");
        for (std::string& text : of_file) {
            if (seen.insert(text).second) texts.push_back(std::move(text));
        }
    }
    return texts;
}

}  // namespace contrans
