#include "contrans/evaluation/safeguard.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

namespace contrans {
namespace {

/// The parts of the task's name and of its file's path.
std::vector<std::string> names_of(const TaskSummary& task) {
    std::vector<std::string> names;
    for (const std::string& path : {task.name, task.file}) {
        for (const std::filesystem::path& part : std::filesystem::path(path)) names.push_back(part.string());
    }
    for (std::string& name : names)
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return names;
}

bool any_begins(const std::vector<std::string>& names, std::string_view with) {
    return std::ranges::any_of(names, [with](const std::string& name) { return name.starts_with(with); });
}

}  // namespace

std::string to_string(Safeguard safeguard) { return safeguard == Safeguard::refusal ? "refusal" : "truthfulness"; }

std::optional<Safeguard> safeguard_of(const TaskSummary& task) {
    const std::vector<std::string> names = names_of(task);
    if (any_begins(names, "benign")) return std::nullopt;
    if (any_begins(names, "refusal")) return Safeguard::refusal;
    if (any_begins(names, "truthful")) return Safeguard::truthfulness;
    return std::nullopt;
}

}  // namespace contrans
