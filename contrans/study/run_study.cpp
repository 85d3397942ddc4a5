#include "contrans/study/run_study.h"

#include <optional>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/job_pool.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/disjoint_tasks.h"
#include "contrans/evaluation/proxy_tuning.h"
#include "contrans/evaluation/task.h"
#include "contrans/linalg/blas_threads.h"
#include "contrans/runtime/usable_cpus.h"
#include "contrans/study/concept_steps.h"
#include "contrans/study/run_tables.h"

namespace contrans {
namespace {

using Path = std::filesystem::path;

/// One run of a study: all concepts between two models with one seed.
class Run {
public:
    Run(const Study& study, const StudyModels& models, std::uint64_t seed, const StudyOptions& options,
        StepCounter& counter, std::stop_token stop)
        : study_(study),
          options_(options),
          stop_(std::move(stop)),
          name_(models.name),
          state_(study, models, seed, options, counter),
          steps_(state_) {}

    StudyRun run() {
        if (study_.proxy_tuning) require_same_vocabulary(*state_.source.get(), *state_.target.get());
        std::vector<KeptStep> concepts(study_.concepts.size());
        for_each_concept([&](std::size_t i, const RunContext& context) {
            concepts[i] = steps_.refined(study_.concepts[i], context);
        });
        const KeptStep map = steps_.fitted(alone());
        std::vector<EvaluationReport> reports(study_.concepts.size());
        std::vector<std::vector<CarriedVector>> vectors(study_.concepts.size());
        std::vector<Finding> findings(study_.concepts.size());
        for_each_concept([&](std::size_t i, const RunContext& context) {
            const StudyConcept& of = study_.concepts[i];
            vectors[i] = steps_.carried(of, concepts[i], map, context);
            const std::optional<KeptStep> own_vector = steps_.own_vector(of, concepts[i], context);
            reports[i] = steps_.judged(of, vectors[i], own_vector, context);
            std::optional<EvaluationReport> own;
            if (own_vector) own = steps_.in_source(of, *own_vector, context);
            findings[i] = find_out(reports[i], vectors[i].front().treatment.vector, state_.maps.get(map.file),
                                   own ? &*own : nullptr, {.seed = state_.seed});
            findings[i].models = name_;
            findings[i].seed = state_.seed;
            findings[i].concept_name = of.name;
        });
        const std::vector<SuffixAttack> attacks = attacked(vectors);
        RunTables tables(state_, vectors);
        for (const Path& task : study_.safety) reports.push_back(tables.checked(task, alone()));
        return {name_,
                state_.seed,
                merge_reports(reports),
                std::move(findings),
                tables.side_effects(alone()),
                attacks,
                tables.robustness(attacks, alone())};
    }

private:
    /// Of a step that goes on all threads.
    [[nodiscard]] RunContext alone() const { return {nullptr, stop_}; }

    std::vector<SuffixAttack> attacked(const std::vector<std::vector<CarriedVector>>& vectors) {
        if (study_.attack_words == 0) return {};
        std::vector<SuffixAttack> attacks(vectors.size());
        for_each_concept([&](std::size_t i, const RunContext& context) {
            attacks[i] = steps_.attacked(study_.concepts[i], vectors[i].front(), context);
        });
        return attacks;
    }

    /// Calls `work` for every concept, side by side; its errors name the concept.
    void for_each_concept(const std::function<void(std::size_t, const RunContext&)>& work) {
        std::vector<std::function<void(std::stop_token)>> jobs;
        for (std::size_t i = 0; i < study_.concepts.size(); ++i) {
            jobs.emplace_back([this, i, &work](std::stop_token stop) {
                try {
                    work(i, {nullptr, std::move(stop)});
                } catch (const Error& error) {
                    throw Error(error.kind(), "study: " + study_.concepts[i].name + ": " + error.what());
                }
            });
        }
        const std::size_t side_by_side = options_.threads != 0 ? options_.threads : usable_cpus();
        const BlasThreads one_each(side_by_side > 1 ? 1 : 0);
        run_jobs(jobs, side_by_side, stop_);
    }

    const Study& study_;
    const StudyOptions& options_;
    std::stop_token stop_;
    std::string name_;
    RunState state_;
    ConceptSteps steps_;
};

/// What is developed on and what is reported on. Throws Error{argument} for a judged one without a judge.
Task read_study_task(const Path& file, Split split, const StudyOptions& options, std::size_t& judged) {
    Task task = read_task(file, split);
    if (task.kind != TaskKind::judged) return task;
    if (!options.judge)
        throw Error(ErrorKind::argument, "study: task " + in_quotes(file.string()) + " is judged, and needs a --judge");
    ++judged;
    return task;
}

/// Before anything is computed.
void check_tasks(const Study& study, const StudyOptions& options) {
    std::size_t judged = 0;
    const auto read = [&](const Path& file, Split split) { return read_study_task(file, split, options, judged); };
    for (const StudyConcept& of : study.concepts) {
        const Task dev = read(of.dev, Split::dev);
        require_disjoint(dev, read(of.test, Split::test));
        for (const Path& task : study.side_effect_tasks) require_disjoint(dev, read(task, Split::test));
        if (study.robustness_items == 0) continue;
        for (const Path& variant : of.variants) require_disjoint(dev, read(variant, Split::test));
    }
    for (const Path& task : study.safety) (void)read(task, Split::test);
    if (options.judge && judged == 0)
        throw Error(ErrorKind::argument, "study: no task is judged, so no --judge is needed");
}

/// Of a run: a direction, the vectors, a report, and what it is in the source for each concept; the map, a report for
/// each safeguard's task, the side effects, and the robustness.
std::size_t steps_of_run(const Study& study) {
    const std::size_t of_concept =
        2 + study.methods.size() + (study.source_itself ? 2 : 0) + (study.attack_words == 0 ? 0 : 1);
    return study.concepts.size() * of_concept + 1 + study.safety.size() + (study.side_effect_items == 0 ? 0 : 1) +
           (study.robustness_items == 0 ? 0 : 1);
}

}  // namespace

std::vector<Finding> all_findings(const StudyResult& result) {
    std::vector<Finding> all;
    for (const StudyRun& run : result.runs) all.insert(all.end(), run.findings.begin(), run.findings.end());
    return all;
}

StudyResult run_study(const Study& study, const StudyOptions& options, const RunContext& context) {
    check_tasks(study, options);
    std::filesystem::create_directories(options.folder);
    StudyResult result;
    result.steps = study.models.size() * study.seeds.size() * steps_of_run(study);
    StepCounter counter(context, result.steps);
    for (const StudyModels& models : study.models) {
        for (const std::uint64_t seed : study.seeds) {
            result.runs.push_back(Run(study, models, seed, options, counter, context.stop).run());
        }
    }
    context.end();
    result.predictors = rank_predictors(all_findings(result), {});
    result.reused = counter.reused();
    return result;
}

}  // namespace contrans
