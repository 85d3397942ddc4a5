#include "contrans/pipeline/worded_task.h"

#include <random>
#include <utility>
#include <variant>

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
    for (std::size_t i = 0; i < count; ++i) std::swap(left[i], left[i + random() % (left.size() - i)]);
    left.resize(count);
    return left;
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

}  // namespace contrans
