#pragma once

#include <filesystem>

#include "contrans/evaluation/task.h"

namespace contrans {

/// Reads TruthfulQA's own CSV (Lin, Hilton and Evans 2022) as a task of truthful items: a record's question becomes the
/// prompt "Q: QUESTION\nA:", its best answer, its other correct answers and its incorrect answers (parted by ";") the
/// choices, each with a space before it, its category the group. An answer that stands on both sides is left out,
/// unless it is the best. Columns are found by their names; others are left alone. Throws what read_csv_records throws;
/// Error{format} naming the line for a missing column, a record of another number of fields than the header, an empty
/// question or best answer, or no incorrect answer.
[[nodiscard]] Task read_truthfulqa(const std::filesystem::path& file);

}  // namespace contrans
