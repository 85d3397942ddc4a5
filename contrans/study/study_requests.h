#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "contrans/pipeline/evaluate.h"
#include "contrans/pipeline/transplant.h"
#include "contrans/study/study.h"

namespace contrans {

// What a study asks of its steps. Those of concepts are for one thread: concepts go side by side. All but
// safety_task_name() throw as the readers of the files that the study names.

[[nodiscard]] TransplantRequest transplant_request(const Study& study, const std::string& name, std::uint64_t seed);
/// The concept's vectors in the target, with all that the study compares them with.
[[nodiscard]] EvaluateRequest judge_request(const Study& study, const StudyConcept& of, std::uint64_t seed);
/// The concept's own vector in the source: no native vector beside it, and no controls.
[[nodiscard]] EvaluateRequest source_request(const Study& study, const StudyConcept& of, std::uint64_t seed);
/// Any vectors on a safeguard's task: no search, controls or instruction.
[[nodiscard]] EvaluateRequest safety_request(const Study& study, const std::filesystem::path& task, std::uint64_t seed,
                                             std::size_t threads);

/// "refusal", "truthfulness/mc_test": with the folder, by which a safeguard is known (evaluation/safety.h).
[[nodiscard]] std::string safety_task_name(const std::filesystem::path& file);

}  // namespace contrans
