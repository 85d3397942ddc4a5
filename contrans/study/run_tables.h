#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/results.h"
#include "contrans/evaluation/robustness.h"
#include "contrans/evaluation/side_effects.h"
#include "contrans/evaluation/suffix_attack.h"
#include "contrans/evaluation/task.h"
#include "contrans/study/run_state.h"

namespace contrans {

/// What a run says of the vectors of all its concepts together, so that it is corrected for together; each is made
/// unless it is kept. `carried` has every concept's vectors, in the study's order, that by the first method first.
/// All throw what making the step throws.
class RunTables {
public:
    RunTables(RunState& run, std::span<const std::vector<CarriedVector>> carried) : run_(run), carried_(carried) {}

    /// Each concept's vector by the first method, on every concept's test items. Empty: not asked for.
    [[nodiscard]] std::vector<SideEffect> side_effects(const RunContext& context);
    /// Each concept's vector by the first method, on the variants of its own test items, and on these items with the
    /// suffix that was searched against it and with words drawn by chance. Empty: not asked for.
    /// @param attacks  one a concept, in the study's order; empty: none was searched
    [[nodiscard]] std::vector<VariantEffect> robustness(std::span<const SuffixAttack> attacks,
                                                        const RunContext& context);
    /// All vectors on a safeguard's task: results alone, since none was made to move it.
    [[nodiscard]] EvaluationReport checked(const std::filesystem::path& task, const RunContext& context);

private:
    [[nodiscard]] std::vector<Task> variants_of(const StudyConcept& of, const SuffixAttack* attack) const;

    RunState& run_;
    std::span<const std::vector<CarriedVector>> carried_;
};

}  // namespace contrans
