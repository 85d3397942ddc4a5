#include "contrans/evaluation/task.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <random>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"
#include "contrans/core/json_text.h"
#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/constraint_json.h"
#include "contrans/evaluation/disjoint_tasks.h"
#include "contrans/evaluation/truthfulqa.h"

namespace contrans {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostTokens = 4096;

/// One line of the file under reading; knows how its errors are worded.
class Line {
public:
    Line(const Json& json, const LinePlace& place) : json_(json), place_(place) {}

    [[noreturn]] void fail(const std::string& rule, const std::string& got = "") const {
        reject_line(place_, rule, got);
    }
    [[nodiscard]] bool has(const char* key) const { return json_.contains(key); }
    [[nodiscard]] const Json& at(const char* key) const {
        if (!has(key)) fail("key " + in_quotes(key) + " is missing");
        return json_[key];
    }
    [[nodiscard]] const Json& array(const char* key, const char* of) const {
        if (!at(key).is_array()) fail(in_quotes(key) + " must be a list of " + of, shown(at(key)));
        return json_[key];
    }
    [[nodiscard]] std::string string(const char* key) const { return as_string(at(key), key); }
    [[nodiscard]] std::string as_string(const Json& value, const char* key) const {
        if (!value.is_string()) fail(in_quotes(key) + " must hold text", shown(value));
        return value.get<std::string>();
    }
    [[nodiscard]] std::size_t index(const char* key, std::size_t n_choices) const {
        const Json& value = at(key);
        if (!value.is_number_integer() || value < 0 || value >= n_choices) {
            fail(in_quotes(key) + " must be a choice's index, 0 to " + std::to_string(n_choices - 1), shown(value));
        }
        return value.get<std::size_t>();
    }
    [[nodiscard]] std::size_t line_number(const char* key) const {
        const Json& value = at(key);
        if (!value.is_number_unsigned() || value < 1) fail(in_quotes(key) + " must be a line's number", shown(value));
        return value.get<std::size_t>();
    }
    [[nodiscard]] Text text(const char* key) const { return text_from_json(at(key), key, place_); }
    [[nodiscard]] const LinePlace& place() const { return place_; }
    static std::string shown(const Json& value) { return printable(value.dump()); }

private:
    const Json& json_;
    const LinePlace& place_;
};

bool is_blank(const std::string& text) { return trimmed(text).empty(); }

std::vector<std::string> read_choices(const Line& line) {
    std::vector<std::string> choices;
    std::unordered_set<std::string> seen;
    for (const Json& value : line.array("choices", "texts")) {
        choices.push_back(line.as_string(value, "choices"));
        if (is_blank(choices.back())) line.fail("\"choices\" must not hold an empty text");
        if (!seen.insert(choices.back()).second) {
            line.fail("\"choices\" must all differ", Line::shown(value) + " twice");
        }
    }
    if (choices.size() < 2) line.fail("\"choices\" must be at least 2", std::to_string(choices.size()));
    return choices;
}

std::vector<int> read_labels(const Line& line, std::size_t n_choices) {
    std::vector<int> labels;
    for (const Json& value : line.array("labels", "0 and 1")) {
        if (value != 0 && value != 1) line.fail("\"labels\" must be 0 or 1", Line::shown(value));
        labels.push_back(value.get<int>());
    }
    if (labels.size() != n_choices) {
        line.fail("\"labels\" must be one a choice",
                  std::to_string(labels.size()) + " for " + std::to_string(n_choices) + " choices");
    }
    for (const auto& [label, meaning] : {std::pair{0, "false"}, std::pair{1, "true"}}) {
        if (std::ranges::count(labels, label) == 0)
            line.fail(std::string("\"labels\" must mark at least one choice ") + meaning);
    }
    return labels;
}

TaskKind kind_of(const Line& line) {
    const bool constrained = line.has("constraint") || line.has("constraints");
    const bool truthful = line.has("labels") || line.has("best");
    if (truthful && line.has("answer")) line.fail("must have \"answer\" or \"labels\" and \"best\", not both");
    if (constrained && (truthful || line.has("answer"))) line.fail("must have choices or constraints, not both");
    if (line.has("judge") && (constrained || truthful || line.has("answer")))
        line.fail("must have \"judge\", or choices or constraints, not both");
    if (line.has("judge")) return TaskKind::judged;
    if (constrained) return TaskKind::constrained;
    if (!truthful && !line.has("answer"))
        line.fail("key \"answer\" (or \"labels\" and \"best\", \"constraint\" or \"judge\") is missing");
    return truthful ? TaskKind::truthful : TaskKind::choice;
}

std::vector<Constraint> read_constraints(const Line& line) {
    if (line.has("constraint")) return {constraint_from_json(line.at("constraint"), line.place())};
    std::vector<Constraint> constraints;
    for (const Json& value : line.array("constraints", "constraints"))
        constraints.push_back(constraint_from_json(value, line.place()));
    if (constraints.empty()) line.fail("\"constraints\" must not be empty");
    return constraints;
}

std::size_t read_max_tokens(const Line& line, std::size_t otherwise) {
    if (!line.has("max_tokens")) return otherwise;
    const Json& value = line.at("max_tokens");
    if (!value.is_number_integer() || value < 1 || value > kMostTokens)
        line.fail("\"max_tokens\" must be 1 to " + std::to_string(kMostTokens), Line::shown(value));
    return value.get<std::size_t>();
}

std::string read_question(const Line& line) {
    std::string question = line.string("judge");
    if (is_blank(question)) line.fail("\"judge\" must not be empty");
    return question;
}

void read_choice_item(const Line& line, TaskKind kind, TaskItem& item) {
    item.choices = read_choices(line);
    if (kind == TaskKind::choice) {
        item.answer = line.index("answer", item.choices.size());
        return;
    }
    item.labels = read_labels(line, item.choices.size());
    item.best = line.index("best", item.choices.size());
    if (item.labels[item.best] != 1) line.fail("\"best\" must be a choice labelled 1", std::to_string(item.best));
}

/// Nothing where the keys are missing or mean something else.
std::optional<PairedVersion> read_version(const Line& line) {
    if (!line.has("pair") || !line.has("version")) return {};
    const Json& pair = line.at("pair");
    const Json& version = line.at("version");
    if (!pair.is_number_unsigned() || (version != 0 && version != 1)) return {};
    return PairedVersion{pair.get<std::size_t>(), version.get<std::size_t>()};
}

TaskItem read_item(const Line& line, TaskKind kind) {
    TaskItem item;
    item.prompt = line.text("prompt");
    item.line = line.place().line;
    if (is_written(kind)) item.max_tokens = read_max_tokens(line, item.max_tokens);
    if (kind == TaskKind::constrained) {
        item.constraints = read_constraints(line);
    } else if (kind == TaskKind::judged) {
        item.question = read_question(line);
    } else {
        read_choice_item(line, kind, item);
    }
    if (line.has("group")) item.group = line.string("group");
    if (kind == TaskKind::choice) item.version = read_version(line);
    if (line.has("of")) item.of = line.line_number("of");
    return item;
}

/// The line's half; nothing where the file has no halves.
std::optional<Split> read_split(const Line& line) {
    if (!line.has("split")) return {};
    const std::string name = line.string("split");
    if (name != "dev" && name != "test") line.fail("\"split\" must be \"dev\" or \"test\"", in_quotes(name));
    return name == "dev" ? Split::dev : Split::test;
}

/// Collects the wanted items and holds what must be alike on all lines.
class TaskBuilder {
public:
    TaskBuilder(std::string name, Split wanted) : wanted_(wanted) { task_.name = std::move(name); }

    void add(const Line& line) {
        const TaskKind kind = kind_of(line);
        const std::optional<Split> half = read_split(line);
        if (is_first_) {
            task_.kind = kind;
            has_halves_ = half.has_value();
            is_first_ = false;
        }
        if (kind != task_.kind) {
            line.fail("items of several kinds must not share a file",
                      to_string(kind) + " after " + to_string(task_.kind));
        }
        if (half.has_value() != has_halves_) line.fail("\"split\" must stand on every line of a file or on none");
        TaskItem item = read_item(line, kind);
        if (half) require_other_prompt(item, *half, line.place());
        if (wanted_ == Split::all || !half || *half == wanted_) task_.items.push_back(std::move(item));
    }

    [[nodiscard]] bool read_nothing() const { return is_first_; }
    [[nodiscard]] Task take() { return std::move(task_); }

private:
    /// A prompt may come again in its own half alone.
    void require_other_prompt(const TaskItem& item, Split half, const LinePlace& place) {
        const auto [found, _] = first_lines_.emplace(folded_prompt(item.prompt), std::pair{half, place.line});
        const auto [first_half, first_line] = found->second;
        if (first_half == half) return;
        const LinePlace first{place.file, first_line};
        if (half == Split::test) reject_shared_prompt(to_string(place), to_string(first));
        reject_shared_prompt(to_string(first), to_string(place));
    }

    Task task_;
    Split wanted_;
    bool is_first_ = true;
    bool has_halves_ = false;
    std::unordered_map<std::string, std::pair<Split, std::size_t>> first_lines_;  // of folded prompts
};

/// What is taken or left as one: an item, or the two versions of a text.
using Unit = std::vector<std::size_t>;

std::vector<Unit> units_of(const Task& task) {
    std::vector<Unit> units;
    if (!has_paired_versions(task)) {
        for (std::size_t i = 0; i < task.items.size(); ++i) units.push_back({i});
        return units;
    }
    std::map<std::size_t, Unit> pairs;
    for (std::size_t i = 0; i < task.items.size(); ++i) pairs[task.items[i].version->pair].push_back(i);
    for (auto& [_, unit] : pairs) units.push_back(std::move(unit));
    return units;
}

/// A unit's turn: those of every group are spread evenly over [0, 1), so that any prefix is in proportion.
std::vector<double> spread_turns(const Task& task, std::span<const Unit> units, std::mt19937_64& engine) {
    std::map<std::string, std::vector<std::size_t>> members;
    for (std::size_t u = 0; u < units.size(); ++u) members[task.items[units[u].front()].group].push_back(u);
    std::vector<double> turns(units.size());
    for (auto& [group, of_group] : members) {
        for (std::size_t i = of_group.size(); i > 1; --i) std::swap(of_group[i - 1], of_group[engine() % i]);
        const double start = static_cast<double>(engine() >> 11) * 0x1p-53;
        for (std::size_t rank = 0; rank < of_group.size(); ++rank) {
            turns[of_group[rank]] = (static_cast<double>(rank) + start) / static_cast<double>(of_group.size());
        }
    }
    return turns;
}

}  // namespace

std::string to_string(TaskKind kind) {
    switch (kind) {
        case TaskKind::choice:
            return "choice";
        case TaskKind::truthful:
            return "truthful";
        case TaskKind::constrained:
            return "constrained";
        case TaskKind::judged:
            return "judged";
    }
    throw Error(ErrorKind::argument, "to_string: unknown kind of task");
}

bool is_written(TaskKind kind) { return kind == TaskKind::constrained || kind == TaskKind::judged; }

std::string task_name(const std::filesystem::path& file) {
    const std::string stem = file.stem().string();
    const std::string folder = std::filesystem::absolute(file).parent_path().filename().string();
    const bool is_plain = stem == "dev" || stem == "test" || stem == "items" || stem == "task";
    return is_plain && !folder.empty() ? folder : stem;
}

Task read_task(const std::filesystem::path& file, Split split) {
    if (file.extension() == ".csv") return read_truthfulqa(file);
    TaskBuilder builder(task_name(file), split);
    read_json_lines(file, [&](const Json& json, const LinePlace& place) { builder.add(Line(json, place)); });
    const bool is_blank_file = builder.read_nothing();
    Task task = builder.take();
    task.file = file;
    if (!task.items.empty()) return task;
    const std::string half = split == Split::dev ? "dev" : "test";
    throw Error(ErrorKind::format, file.string() + ": a task must have at least one item, and " +
                                       (is_blank_file ? "the file has none" : "none is of split \"" + half + "\""));
}

Task as_chat(Task task) {
    for (TaskItem& item : task.items) {
        if (const auto* plain = std::get_if<std::string>(&item.prompt))
            item.prompt = std::vector<ChatMessage>{{.role = "user", .content = *plain}};
    }
    return task;
}

bool has_paired_versions(const Task& task) {
    std::map<std::size_t, std::array<int, 2>> seen;
    for (const TaskItem& item : task.items) {
        if (!item.version) return false;
        ++seen[item.version->pair][item.version->number];
    }
    return !seen.empty() && std::ranges::all_of(seen, [](const auto& pair) { return pair.second == std::array{1, 1}; });
}

Task limit_items(const Task& task, std::size_t n, std::uint64_t seed) {
    if (n == 0 || n >= task.items.size()) return task;
    std::mt19937_64 engine(seed);
    const std::vector<Unit> units = units_of(task);
    const std::vector<double> turns = spread_turns(task, units, engine);
    std::vector<std::size_t> by_turn(units.size());
    std::iota(by_turn.begin(), by_turn.end(), std::size_t{0});
    std::stable_sort(by_turn.begin(), by_turn.end(), [&](std::size_t a, std::size_t b) { return turns[a] < turns[b]; });
    by_turn.resize(std::max(n / units.front().size(), std::size_t{1}));
    std::vector<std::size_t> order;
    for (const std::size_t u : by_turn) order.insert(order.end(), units[u].begin(), units[u].end());
    std::sort(order.begin(), order.end());
    Task limited{task.name, task.kind, {}, task.file, task.judge};
    for (const std::size_t i : order) limited.items.push_back(task.items[i]);
    return limited;
}

std::vector<std::string> item_groups(const Task& task) {
    std::vector<std::string> groups;
    groups.reserve(task.items.size());
    for (const TaskItem& item : task.items) groups.push_back(item.group);
    return groups;
}

}  // namespace contrans
