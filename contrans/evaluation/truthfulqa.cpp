#include "contrans/evaluation/truthfulqa.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/csv_file.h"
#include "contrans/core/error.h"
#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using Fields = std::vector<std::string>;

/// Where the columns are that an item is made of.
struct Columns {
    std::size_t fields = 0;
    std::size_t category = 0;
    std::size_t question = 0;
    std::size_t best = 0;
    std::size_t correct = 0;
    std::size_t incorrect = 0;
};

Columns columns_of(const Fields& header, const LinePlace& place) {
    const auto at = [&](const char* name) {
        const auto found = std::ranges::find(header, name);
        if (found == header.end()) reject_line(place, "column " + in_quotes(name) + " is missing", "");
        return static_cast<std::size_t>(found - header.begin());
    };
    return {header.size(),     at("Category"),        at("Question"),
            at("Best Answer"), at("Correct Answers"), at("Incorrect Answers")};
}

/// The parts between semicolons that are not blank, each once.
std::vector<std::string> answers_in(std::string_view text) {
    std::vector<std::string> answers;
    for (const auto part : std::views::split(text, ';')) {
        const std::string answer(trimmed(std::string_view(part.begin(), part.end())));
        if (!answer.empty() && std::ranges::find(answers, answer) == answers.end()) answers.push_back(answer);
    }
    return answers;
}

bool contains(const std::vector<std::string>& answers, const std::string& answer) {
    return std::ranges::find(answers, answer) != answers.end();
}

void add_choice(TaskItem& item, const std::string& answer, int label) {
    item.choices.push_back(" " + answer);
    item.labels.push_back(label);
}

TaskItem item_of(const Fields& record, const Columns& columns, const LinePlace& place) {
    if (record.size() != columns.fields) {
        reject_line(place, "a record must have " + std::to_string(columns.fields) + " fields, as the header",
                    std::to_string(record.size()));
    }
    const std::string question(trimmed(record[columns.question]));
    const std::string best(trimmed(record[columns.best]));
    if (question.empty()) reject_line(place, "\"Question\" must not be empty", "");
    if (best.empty()) reject_line(place, "\"Best Answer\" must not be empty", "");
    const std::vector<std::string> correct = answers_in(record[columns.correct]);
    const std::vector<std::string> incorrect = answers_in(record[columns.incorrect]);
    TaskItem item;
    item.prompt = "Q: " + question + "\nA:";
    item.group = trimmed(record[columns.category]);
    item.line = place.line;
    add_choice(item, best, 1);
    for (const std::string& answer : correct)
        if (answer != best && !contains(incorrect, answer)) add_choice(item, answer, 1);
    for (const std::string& answer : incorrect)
        if (answer != best && !contains(correct, answer)) add_choice(item, answer, 0);
    if (item.labels.back() == 1) reject_line(place, "\"Incorrect Answers\" must hold one that is not correct too", "");
    return item;
}

}  // namespace

Task read_truthfulqa(const std::filesystem::path& file) {
    Task task{task_name(file), TaskKind::truthful, {}, file};
    std::optional<Columns> columns;
    read_csv_records(file, [&](const Fields& record, const LinePlace& place) {
        if (columns) {
            task.items.push_back(item_of(record, *columns, place));
        } else {
            columns = columns_of(record, place);
        }
    });
    if (task.items.empty())
        throw Error(ErrorKind::format, file.string() + ": a task must have at least one item, and the file has none");
    return task;
}

}  // namespace contrans
