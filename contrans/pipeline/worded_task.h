#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/text.h"
#include "contrans/evaluation/task.h"

namespace contrans {

/// The task with the concept put into words: `instruction` before every prompt, as the system's message of a chat.
[[nodiscard]] Task with_instruction(Task task, const std::string& instruction);

/// The task with `count` of the texts before every prompt, drawn by `seed`: the concept by example. A chat's texts come
/// before its messages. Texts of the other form are passed over. Throws Error{argument} when fewer are left.
[[nodiscard]] Task with_examples(Task task, std::span<const Text> texts, std::size_t count, std::uint64_t seed);

/// The task with `suffix` behind the text that every prompt asks about: after the last sentence or line that ends
/// before the prompt does, so that what the prompt ends in ("Emotion:") still stands last; before a prompt of one
/// sentence; at the end of a chat's last message. "" changes nothing.
[[nodiscard]] Task with_suffix(Task task, const std::string& suffix);

}  // namespace contrans
