#include "contrans/evaluation/kept_judge.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"

namespace contrans {
namespace {

using Json = nlohmann::json;

std::string key_of(const Judge& judge, const JudgeQuestion& question) {
    return sha256_of(judge.name() + '\0' + judge_prompt(question));
}

bool is_answer(const Json& line) {
    return line.is_object() && line.contains("key") && line["key"].is_string() && line.contains("yes") &&
           line["yes"].is_number() && line.contains("neither") && line["neither"].is_boolean();
}

/// Of the file's whole lines; where it ends in the middle of one, that one was being written.
std::map<std::string, JudgeAnswer> read_kept(const std::filesystem::path& file, std::string text) {
    text.erase(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
    std::map<std::string, JudgeAnswer> kept;
    std::istringstream lines(text);
    std::size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        const Json json = Json::parse(line, nullptr, false);
        if (!is_answer(json)) {
            throw Error(ErrorKind::format, file.string() + ":" + std::to_string(number) +
                                               ": must be a judge's answer {\"key\", \"yes\", \"neither\"}");
        }
        kept[json["key"].get<std::string>()] = {json["yes"].get<double>(), json["neither"].get<bool>()};
    }
    return kept;
}

std::string text_of(const std::filesystem::path& file) {
    std::error_code none;
    if (!std::filesystem::exists(file, none)) return "";
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Error(ErrorKind::io, file.string() + ": cannot be read");
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

KeptJudge::KeptJudge(std::unique_ptr<Judge> judge, std::filesystem::path file)
    : judge_(std::move(judge)), file_(std::move(file)) {
    const std::string text = text_of(file_);
    kept_ = read_kept(file_, text);
    if (!text.empty() && text.back() != '\n') std::filesystem::resize_file(file_, text.rfind('\n') + 1);
    out_.open(file_, std::ios::binary | std::ios::app);
    if (!out_) throw Error(ErrorKind::io, file_.string() + ": cannot be written");
}

std::vector<JudgeAnswer> KeptJudge::ask(std::span<const JudgeQuestion> questions, const RunContext& context) {
    std::vector<JudgeAnswer> answers;
    for (const JudgeQuestion& question : questions) {
        try {
            answers.push_back(answer_to(question, context));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted) throw;
            throw Error(error.kind(), std::string(error.what()) + "; " + std::to_string(answers.size()) + " of " +
                                          std::to_string(questions.size()) + " answers are kept in " + file_.string() +
                                          ", and the same command goes on from there");
        }
        context.advance(answers.size());
    }
    return answers;
}

JudgeAnswer KeptJudge::answer_to(const JudgeQuestion& question, const RunContext& context) {
    const std::string key = key_of(*judge_, question);
    if (const auto found = kept_.find(key); found != kept_.end()) return found->second;
    const JudgeAnswer answer = judge_->ask({&question, 1}, {nullptr, context.stop}).front();
    keep(key, answer);
    return answer;
}

void KeptJudge::keep(const std::string& key, const JudgeAnswer& answer) {
    out_ << Json{{"key", key}, {"yes", answer.yes}, {"neither", answer.neither}}.dump() << '\n' << std::flush;
    if (!out_) throw Error(ErrorKind::io, file_.string() + ": cannot be written");
    kept_[key] = answer;
}

}  // namespace contrans
