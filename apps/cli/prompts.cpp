#include "apps/cli/prompts.h"

#include <nlohmann/json.hpp>
#include <string>

#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"
#include "contrans/core/json_text.h"
#include "contrans/core/text_lines.h"

namespace contrans::cli {
namespace {

std::vector<Text> read_prompt_objects(const std::filesystem::path& file) {
    std::vector<Text> prompts;
    read_json_lines(file, [&](const nlohmann::json& object, const LinePlace& place) {
        if (!object.contains("prompt")) reject_line(place, "key \"prompt\" is missing", "");
        prompts.push_back(text_from_json(object["prompt"], "prompt", place));
    });
    return prompts;
}

std::vector<Text> read_prompt_lines(const std::filesystem::path& file) {
    std::vector<Text> prompts;
    for (std::string& line : read_text_lines(file)) prompts.emplace_back(std::move(line));
    return prompts;
}

}  // namespace

std::vector<Text> read_prompts(const std::filesystem::path& file) {
    const std::string ending = file.extension().string();
    if (ending != ".txt" && ending != ".jsonl") {
        throw Error(ErrorKind::format, file.string() + ": prompts are read from .txt or .jsonl files");
    }
    std::vector<Text> prompts = ending == ".txt" ? read_prompt_lines(file) : read_prompt_objects(file);
    if (prompts.empty()) throw Error(ErrorKind::format, file.string() + ": holds no prompt");
    return prompts;
}

}  // namespace contrans::cli
