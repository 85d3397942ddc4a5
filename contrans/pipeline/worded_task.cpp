#include "contrans/pipeline/worded_task.h"

#include <random>
#include <string_view>
#include <utility>
#include <variant>

#include "contrans/core/draw_some.h"
#include "contrans/core/error.h"

namespace contrans {
namespace {

using Chat = std::vector<ChatMessage>;

/// `before` in front of the prompt: both plain or both chats.
void put_before(Text& prompt, const Text& before) {
    if (auto* plain = std::get_if<std::string>(&prompt)) {
        *plain = std::get<std::string>(before) + "\n\n" + *plain;
        return;
    }
    auto& messages = std::get<Chat>(prompt);
    const auto& first = std::get<Chat>(before);
    messages.insert(messages.begin(), first.begin(), first.end());
}

/// `count` texts of the form that prompts have.
std::vector<Text> draw(std::span<const Text> texts, const Text& like, std::size_t count, std::uint64_t seed) {
    std::vector<Text> left;
    for (const Text& text : texts) {
        if (text.index() == like.index()) left.push_back(text);
    }
    if (left.size() < count) {
        throw Error(ErrorKind::argument, "examples: " + std::to_string(count) + " texts of the prompts' form wanted, " +
                                             std::to_string(left.size()) + " are there");
    }
    std::mt19937_64 random(seed);
    return draw_some(std::move(left), count, random);
}

/// Where the last sentence or line ends, the prompt's own end aside; 0: nowhere.
std::size_t end_of_text(std::string_view prompt) {
    for (std::size_t i = prompt.size() - 1; i-- > 1;) {
        const bool ends_sentence = std::string_view(".!?").find(prompt[i]) != std::string_view::npos;
        if (ends_sentence && (prompt[i + 1] == ' ' || prompt[i + 1] == '\n')) return i + 1;
        if (prompt[i] == '\n') return i;
    }
    return 0;
}

void put_behind_text(Text& prompt, const std::string& suffix) {
    if (auto* messages = std::get_if<Chat>(&prompt)) {
        messages->back().content += " " + suffix;
        return;
    }
    auto& plain = std::get<std::string>(prompt);
    const std::size_t end = end_of_text(plain);
    plain.insert(end, end == 0 ? suffix + " " : " " + suffix);
}

}  // namespace

Task with_instruction(Task task, const std::string& instruction) {
    for (TaskItem& item : task.items) {
        const bool plain = std::holds_alternative<std::string>(item.prompt);
        put_before(item.prompt, plain ? Text(instruction) : Text(Chat{{"system", instruction}}));
    }
    return task;
}

Task with_examples(Task task, std::span<const Text> texts, std::size_t count, std::uint64_t seed) {
    for (TaskItem& item : task.items) {
        const std::vector<Text> examples = draw(texts, item.prompt, count, seed);
        for (auto example = examples.rbegin(); example != examples.rend(); ++example) put_before(item.prompt, *example);
    }
    return task;
}

Task with_suffix(Task task, const std::string& suffix) {
    if (suffix.empty()) return task;
    for (TaskItem& item : task.items) put_behind_text(item.prompt, suffix);
    return task;
}

}  // namespace contrans
