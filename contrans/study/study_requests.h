#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "contrans/evaluation/judge.h"
#include "contrans/evaluation/task.h"
#include "contrans/pipeline/evaluate.h"
#include "contrans/pipeline/transplant.h"
#include "contrans/study/study.h"

namespace contrans {

/// What one run of a study asks of its steps. Requests about a concept are for one thread: concepts go side by side.
/// All throw as the readers of the files that the study names.
class StudyRequests {
public:
    /// @param study  outlives this
    /// @param judge  of judged tasks; null: there are none
    StudyRequests(const Study& study, std::uint64_t seed, std::shared_ptr<Judge> judge);

    [[nodiscard]] Task development_task(const StudyConcept& of) const;
    /// @param items  drawn by chance; 0: all
    [[nodiscard]] Task test_task(const std::filesystem::path& file, std::size_t items) const;
    /// Named after the concept where another one's test is called alike.
    [[nodiscard]] Task test_task(const StudyConcept& of, std::size_t items) const;
    [[nodiscard]] bool shares_task_name(const StudyConcept& of) const;

    [[nodiscard]] TransplantRequest transplant(const std::string& name) const;
    /// The concept's vectors in the target, with all that the study compares them with.
    [[nodiscard]] EvaluateRequest in_target(const StudyConcept& of) const;
    /// The concept's own vector in the source: no native vector beside it, and no controls.
    [[nodiscard]] EvaluateRequest in_source(const StudyConcept& of) const;
    /// Any vectors on a safeguard's task: no search, controls or instruction.
    [[nodiscard]] EvaluateRequest on_safeguard(const std::filesystem::path& task, std::size_t threads) const;

private:
    [[nodiscard]] EvaluateRequest on(Task test) const;

    const Study& study_;
    std::uint64_t seed_;
    std::shared_ptr<Judge> judge_;
};

/// "refusal", "truthfulness/mc_test": with the folder, by which a safeguard is known (evaluation/safety.h), and which
/// tells tasks beside the concepts' own apart.
[[nodiscard]] std::string folder_task_name(const std::filesystem::path& file);

}  // namespace contrans
