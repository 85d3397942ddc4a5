#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/results.h"
#include "contrans/evaluation/suffix_attack.h"
#include "contrans/study/run_state.h"

namespace contrans {

/// A run's steps with one concept, and the map that all of its concepts share; each is made unless it is kept. Several
/// threads may call it, with different concepts. All throw what making the step throws.
class ConceptSteps {
public:
    explicit ConceptSteps(RunState& run) : run_(run) {}

    [[nodiscard]] KeptStep fitted(const RunContext& context);
    [[nodiscard]] KeptStep refined(const StudyConcept& of, const RunContext& context);
    /// The concept's vectors, by every method.
    [[nodiscard]] std::vector<CarriedVector> carried(const StudyConcept& of, const KeptStep& refined,
                                                     const KeptStep& map, const RunContext& context);
    /// The concept's own vector in the source, with the same search; nothing where that was not asked for.
    [[nodiscard]] std::optional<KeptStep> own_vector(const StudyConcept& of, const KeptStep& refined,
                                                     const RunContext& context);
    /// Judged by this version's rules, whichever made the results.
    /// @param own  the concept's own vector in the source, for proxy-tuning; nothing where that was not asked for
    [[nodiscard]] EvaluationReport judged(const StudyConcept& of, const std::vector<CarriedVector>& vectors,
                                          const std::optional<KeptStep>& own, const RunContext& context);
    /// That vector in the source, on the same test items.
    [[nodiscard]] EvaluationReport in_source(const StudyConcept& of, const KeptStep& own, const RunContext& context);

    /// Words that undo what the concept's first vector does, searched on its development items.
    [[nodiscard]] SuffixAttack attacked(const StudyConcept& of, const CarriedVector& vector, const RunContext& context);

private:
    KeptStep carried(const StudyConcept& of, const std::string& method, const KeptStep& refined, const KeptStep& map,
                     const RunContext& context);

    RunState& run_;
};

}  // namespace contrans
