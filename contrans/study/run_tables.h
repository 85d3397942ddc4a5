#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/results.h"
#include "contrans/evaluation/robustness.h"
#include "contrans/evaluation/side_effects.h"
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
    /// Each concept's vector by the first method, on the variants of its own test items. Empty: not asked for.
    [[nodiscard]] std::vector<VariantEffect> robustness(const RunContext& context);
    /// All vectors on a safeguard's task: results alone, since none was made to move it.
    [[nodiscard]] EvaluationReport checked(const std::filesystem::path& task, const RunContext& context);

private:
    std::vector<VariantValues> on_variants(const StudyConcept& of, const ControlVector& vector,
                                           const RunContext& context);

    RunState& run_;
    std::span<const std::vector<CarriedVector>> carried_;
};

}  // namespace contrans
