#include "contrans/evaluation/disjoint_tasks.h"

#include <string_view>
#include <unordered_map>

#include "contrans/core/error.h"
#include "contrans/core/json_text.h"
#include "contrans/core/line_reader.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

/// Bytes of the white space that `text` begins with; 0: none.
std::size_t white_space_at(std::string_view text) {
    constexpr std::string_view kAscii = " \t\n\v\f\r";
    if (kAscii.find(text.front()) != std::string_view::npos) return 1;
    for (const std::string_view wide : {"\u00A0", "\u3000"}) {
        if (text.starts_with(wide)) return wide.size();
    }
    return 0;
}

char small_letter(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

std::string place_of(const Task& task, std::size_t index) {
    const TaskItem& item = task.items[index];
    if (item.line == 0) return "item " + std::to_string(index) + " of task " + in_quotes(task.name);
    return to_string(LinePlace{task.file, item.line});
}

}  // namespace

std::string folded_prompt(const Text& prompt) {
    const std::string plain = plain_text(prompt);
    std::string folded;
    bool gap = false;
    for (std::string_view rest = plain; !rest.empty();) {
        const std::size_t space = white_space_at(rest);
        rest.remove_prefix(space);
        gap = gap || space != 0;
        if (space != 0) continue;
        if (gap && !folded.empty()) folded += ' ';
        gap = false;
        folded += small_letter(rest.front());
        rest.remove_prefix(1);
    }
    return folded;
}

void reject_shared_prompt(const std::string& test_place, const std::string& development_place) {
    throw Error(ErrorKind::format, test_place +
                                       ": a test item must have a prompt that no development item has, and this one "
                                       "stands in " +
                                       development_place);
}

void require_disjoint(const Task& development, const Task& test) {
    std::unordered_map<std::string, std::size_t> found;  // development items by prompt
    for (std::size_t i = 0; i < development.items.size(); ++i)
        found.emplace(folded_prompt(development.items[i].prompt), i);
    for (std::size_t i = 0; i < test.items.size(); ++i) {
        const auto same = found.find(folded_prompt(test.items[i].prompt));
        if (same != found.end()) reject_shared_prompt(place_of(test, i), place_of(development, same->second));
    }
}

}  // namespace contrans
