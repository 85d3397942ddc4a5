#pragma once

#include <string>

#include "contrans/core/text.h"
#include "contrans/evaluation/task.h"

namespace contrans {

/// A prompt without what tells two writings of it apart: runs of white space (ASCII, U+00A0, U+3000) become one space,
/// those at its ends nothing, A to Z small letters. Messages of a chat are joined, whoever says them.
[[nodiscard]] std::string folded_prompt(const Text& prompt);

/// A search on the items that are reported on flatters. Throws Error{format} "TEST:LINE: … DEV:LINE" for the first
/// test item whose folded prompt is a development item's too.
void require_disjoint(const Task& development, const Task& test);

/// The same of two items; places as messages name them.
[[noreturn]] void reject_shared_prompt(const std::string& test_place, const std::string& development_place);

}  // namespace contrans
