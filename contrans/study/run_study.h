#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/evaluation/judge.h"
#include "contrans/evaluation/results.h"
#include "contrans/evaluation/robustness.h"
#include "contrans/evaluation/side_effects.h"
#include "contrans/evaluation/suffix_attack.h"
#include "contrans/runtime/model.h"
#include "contrans/study/findings.h"
#include "contrans/study/study.h"

namespace contrans {

struct StudyOptions {
    std::filesystem::path folder;  ///< of what is made on the way, each kept under what it depends on
    std::size_t threads = 0;       ///< 0: one for each usable processor
    std::string loading;  ///< how `load` reads weights, for results depend on it: part of what they are kept under
    std::function<std::shared_ptr<const Model>(const std::filesystem::path&)> load;
    std::shared_ptr<Judge> judge = {};  ///< of judged tasks, asked from several threads; null: there must be none
};

/// All concepts between two models with one seed.
struct StudyRun {
    std::string models;  ///< StudyModels::name
    std::uint64_t seed = 1;
    EvaluationReport report;
    std::vector<Finding> findings = {};          ///< one a concept
    std::vector<SideEffect> side_effects = {};   ///< of each concept's vector by the first method; empty: not asked for
    std::vector<SuffixAttack> attacks = {};      ///< one a concept, against the same vectors; empty: not asked for
    std::vector<VariantEffect> robustness = {};  ///< of the same vectors on their variants; empty: not asked for
};

struct StudyResult {
    std::vector<StudyRun> runs;
    std::vector<PredictorRank> predictors = {};  ///< over the findings of all runs
    std::size_t steps =
        0;  ///< directions read, maps fitted, vectors carried, reports made, tables of side effects and robustness
    std::size_t reused = 0;  ///< those of them that were there already
};

/// Of every run, in their order.
[[nodiscard]] std::vector<Finding> all_findings(const StudyResult& result);

/// Does what is not done yet. Concepts go side by side, a thread each, which is faster than one after the other on all
/// threads; the results do not depend on their number. A run that was ended at any moment goes on from the last step
/// that was finished. Reports hold neither date nor seconds: two runs give the same bytes.
/// Throws what the steps throw, naming the run and the concept; Error{interrupted} on a stop.
[[nodiscard]] StudyResult run_study(const Study& study, const StudyOptions& options, const RunContext& context);

}  // namespace contrans
