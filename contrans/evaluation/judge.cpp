#include "contrans/evaluation/judge.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"
#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/number_text.h"

namespace contrans {
namespace {

using Json = nlohmann::json;

std::string text_at(const Json& line, const char* key, const LinePlace& place) {
    if (!line.contains(key)) reject_line(place, "key " + in_quotes(key) + " is missing", "");
    if (!line[key].is_string() || trimmed(line[key].get<std::string>()).empty())
        reject_line(place, in_quotes(key) + " must hold text", printable(line[key].dump()));
    return line[key].get<std::string>();
}

bool label_at(const Json& line, const LinePlace& place) {
    if (!line.contains("label")) reject_line(place, "key \"label\" is missing", "");
    if (!line["label"].is_number_integer() || (line["label"] != 0 && line["label"] != 1))
        reject_line(place, "\"label\" must be 0 or 1", printable(line["label"].dump()));
    return line["label"] == 1;
}

enum class Class { no, yes, neither };

Class class_of(const JudgeAnswer& answer) {
    return answer.neither ? Class::neither : says_yes(answer) ? Class::yes : Class::no;
}

/// Agreement that independent raters of these shares would have: `neither` is no label.
double chance_agreement(std::span<const LabelledReply> replies, std::span<const JudgeAnswer> answers) {
    const auto n = static_cast<double>(replies.size());
    const auto labelled = static_cast<double>(std::ranges::count(replies, true, &LabelledReply::yes));
    const auto yes = static_cast<double>(std::ranges::count(answers, Class::yes, class_of));
    const auto no = static_cast<double>(std::ranges::count(answers, Class::no, class_of));
    return (labelled * yes + (n - labelled) * no) / (n * n);
}

}  // namespace

JudgeAnswer judge_answer(double yes, double no) {
    return yes + no < kLeastJudgedMass ? JudgeAnswer{0, true} : JudgeAnswer{yes / (yes + no), false};
}

bool says_yes(const JudgeAnswer& answer) { return !answer.neither && answer.yes > 0.5; }

std::string judge_prompt(const JudgeQuestion& question) {
    return "Read a request and the reply to it, then answer the question about the reply with yes or no.\n\nRequest: " +
           question.prompt + "\n\nReply: " + question.reply + "\n\nQuestion: " + question.question +
           "\nAnswer (yes or no):";
}

std::vector<LabelledReply> read_labelled_replies(const std::filesystem::path& file) {
    std::vector<LabelledReply> replies;
    read_json_lines(file, [&](const Json& line, const LinePlace& place) {
        replies.push_back(
            {{text_at(line, "prompt", place), text_at(line, "reply", place), text_at(line, "judge", place)},
             label_at(line, place)});
    });
    const auto yes = static_cast<std::size_t>(std::ranges::count(replies, true, &LabelledReply::yes));
    if (yes == 0 || yes == replies.size()) {
        throw Error(ErrorKind::format, file.string() + ": replies of both labels are needed (got " +
                                           std::to_string(yes) + " of label 1, " +
                                           std::to_string(replies.size() - yes) + " of label 0)");
    }
    return replies;
}

JudgeCalibration calibrate(std::string judge, std::span<const LabelledReply> replies,
                           std::span<const JudgeAnswer> answers) {
    if (replies.empty() || replies.size() != answers.size()) {
        throw Error(ErrorKind::argument, "calibrate: needs an answer a labelled reply (got " +
                                             std::to_string(answers.size()) + " for " + std::to_string(replies.size()) +
                                             ")");
    }
    JudgeCalibration result{std::move(judge), replies.size(), 0, 0, 0};
    std::size_t right = 0;
    for (std::size_t i = 0; i < replies.size(); ++i) {
        result.neither += answers[i].neither ? 1U : 0U;
        right += class_of(answers[i]) == (replies[i].yes ? Class::yes : Class::no) ? 1U : 0U;
    }
    result.accuracy = static_cast<double>(right) / static_cast<double>(replies.size());
    const double chance = chance_agreement(replies, answers);
    result.kappa = chance < 1 ? (result.accuracy - chance) / (1 - chance) : 0;
    return result;
}

std::string describe(const JudgeCalibration& calibration) {
    const auto n = static_cast<double>(calibration.n);
    return calibration.judge + " agrees with " + std::to_string(std::lround(calibration.accuracy * n)) + " of " +
           std::to_string(calibration.n) + " labelled replies: accuracy " + fixed(calibration.accuracy) + ", kappa " +
           fixed(calibration.kappa) + ", " + std::to_string(calibration.neither) + " of neither yes nor no";
}

}  // namespace contrans
