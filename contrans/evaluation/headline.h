#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contrans/evaluation/recovery.h"
#include "contrans/evaluation/results.h"

namespace contrans {

/// One method or control over all concepts.
struct HeadlineRow {
    std::string role;
    std::size_t n_concepts = 0;  ///< tasks with none, native and this role
    RecoveryEstimate recovery;   ///< ratio of summed gains over those; null where there are none
    std::optional<Interval>
        advantage;  ///< mean over tasks of transplanted − this role; nothing for transplanted itself
};

struct Headline {
    std::size_t n_concepts = 0;  ///< tasks that vectors were made for
    std::vector<HeadlineRow>
        rows;  ///< transplanted, paper, prompt, then the controls; roles without results are left out
};

/// Over every task's primary metric, from item values, with `options.seed` for all rows: rows over the same tasks share
/// their draws. Throws as the bootstrap does when conditions of one task have different items.
[[nodiscard]] Headline headline(const EvaluationReport& report, const BootstrapOptions& options = {});

/// What it says, in plain words, one sentence an element.
[[nodiscard]] std::vector<std::string> headline_lines(const EvaluationReport& report, const Headline& headline);

/// How people call a role: "shuffled map".
[[nodiscard]] std::string role_title(std::string_view role);

}  // namespace contrans
