#include "contrans/study/run_study.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "contrans/concepts/concept_vector_file.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/disjoint_tasks.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/evaluation/task.h"
#include "contrans/evaluation/verdict.h"
#include "contrans/harvest/corpus.h"
#include "contrans/linalg/blas_threads.h"
#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/refine.h"
#include "contrans/pipeline/robustness.h"
#include "contrans/pipeline/side_effects.h"
#include "contrans/pipeline/transplant.h"
#include "contrans/runtime/usable_cpus.h"
#include "contrans/study/content_key.h"
#include "contrans/study/job_pool.h"
#include "contrans/study/lazy_files.h"
#include "contrans/study/step_counter.h"
#include "contrans/study/study_requests.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "contrans/transplant/search.h"

namespace contrans {
namespace {

using Path = std::filesystem::path;

/// What is kept of a step: its files, and the key that later steps depend on.
struct Kept {
    std::string key;
    Path file;
};

/// A vector of a run, and what later steps depend on.
struct Carried {
    std::string key;
    Treatment treatment;
};

void add_optional_file(ContentKey& key, const Path& file) { file.empty() ? key.add("") : key.add_file(file); }

/// One run of a study: all concepts between two models with one seed.
class Run {
public:
    Run(const Study& study, const StudyModels& models, std::uint64_t seed, const StudyOptions& options,
        StepCounter& counter, std::stop_token stop)
        : study_(study),
          seed_(seed),
          options_(options),
          counter_(counter),
          stop_(std::move(stop)),
          requests_(study, seed, options.judge),
          source_(models.source, options),
          target_(models.target, options) {}

    StudyRun run(std::string name) {
        std::vector<Kept> concepts(study_.concepts.size());
        for_each_concept(
            [&](std::size_t i, const RunContext& context) { concepts[i] = refined(study_.concepts[i], context); });
        const Kept map = fitted({nullptr, stop_});
        std::vector<EvaluationReport> reports(study_.concepts.size());
        std::vector<std::vector<Carried>> vectors(study_.concepts.size());
        std::vector<Finding> findings(study_.concepts.size());
        for_each_concept([&](std::size_t i, const RunContext& context) {
            const StudyConcept& of = study_.concepts[i];
            vectors[i] = carried(of, concepts[i], map, context);
            reports[i] = judged(of, vectors[i], context);
            const auto own = in_source(of, concepts[i], context);
            findings[i] = find_out(reports[i], vectors[i].front().treatment.vector, maps_.get(map.file),
                                   own ? &*own : nullptr, {.seed = seed_});
            findings[i].models = name;
            findings[i].seed = seed_;
            findings[i].concept_name = of.name;
        });
        for (const Path& task : study_.safety) reports.push_back(checked(task, vectors, {nullptr, stop_}));
        return {std::move(name),
                seed_,
                merge_reports(reports),
                std::move(findings),
                side_effects(vectors, {nullptr, stop_}),
                robustness(vectors, {nullptr, stop_})};
    }

private:
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

    void add_judge(ContentKey& key) const {
        if (options_.judge) key.add("judged by").add(options_.judge->name());
    }

    /// The step's file, made by `make` unless it is there.
    Kept kept(ContentKey& key, const std::string& ending, const std::function<void(const Path&)>& make) {
        const std::string digest = key.digest();
        const Path file = options_.folder / (digest + ending);
        const bool there = std::filesystem::exists(file);
        if (!there) make(file);
        counter_.count(there);
        return {digest, file};
    }

    Kept refined(const StudyConcept& of, const RunContext& context) {
        ContentKey key("refine with alternatives");
        key.add(options_.loading)
            .add(source_.fingerprint())
            .add_file(of.pairs)
            .add(of.name)
            .add(to_string(of.position))
            .add(seed_);
        return kept(key, ".concept.gguf", [&](const Path& file) {
            const ContrastPairs pairs = read_contrast_pairs(of.pairs);
            RefineRequest request;
            request.name = of.name;
            request.how.position = of.position;
            request.alternatives = usual_alternatives(*source_.get(), pairs, request.how);
            request.seed = seed_;
            request.threads = 1;
            write_concept_vector(refine_concept(source_.get(), pairs, request, context), file);
        });
    }

    Kept fitted(const RunContext& context) {
        ContentKey key("map");
        key.add(options_.loading)
            .add(source_.fingerprint())
            .add(target_.fingerprint())
            .add(std::uint64_t{study_.texts})
            .add(std::uint64_t{study_.fits == FitScope::all})
            .add(seed_);
        add_optional_file(key, study_.neutral_dev);
        for (const Path& file : study_.corpus) key.add_file(file);
        return kept(key, ".map.gguf", [&](const Path& file) {
            MapRequest request;
            request.neutral = read_neutral(study_.neutral_dev);
            request.fits = study_.fits;
            request.seed = seed_;
            request.threads = options_.threads;
            const auto texts = draw_evenly(read_corpus_files(study_.corpus), study_.texts, seed_);
            write_map_set(build_map(source_.get(), target_.get(), texts, request, context), file);
        });
    }

    Kept carried(const StudyConcept& of, const std::string& method, const Kept& refined, const Kept& map,
                 const RunContext& context) {
        ContentKey key("transplant");
        key.add(kSearchRevision).add(refined.key).add(map.key).add_file(of.dev).add(method);
        key.add(study_.budget_nats).add(seed_);
        add_judge(key);
        return kept(key, ".gguf", [&](const Path& file) {
            TransplantRequest request = requests_.transplant(vector_name(of, method));
            if (method != "searched") request.fit = parse_fit_kind(method);
            const Task task = requests_.development_task(of);
            const TransplantResult result = transplant(read_concept_vector(refined.file), maps_.get(map.file),
                                                       target_.get(), &task, request, context);
            // The vector last: where it is, all of it is.
            write_control_set(result.controls, controls_path(file));
            write_control_vector(result.vector, file);
        });
    }

    /// The concept's vectors, by every method.
    std::vector<Carried> carried(const StudyConcept& of, const Kept& refined, const Kept& map,
                                 const RunContext& context) {
        std::vector<Carried> vectors;
        for (const std::string& method : study_.methods) {
            const Kept vector = carried(of, method, refined, map, context);
            Treatment treatment{read_control_vector(vector.file), read_control_set(controls_path(vector.file))};
            treatment.vector.name = vector_name(of, method);
            treatment.is_for_comparison = !vectors.empty() && method == to_string(FitKind::paper);
            vectors.push_back({vector.key, std::move(treatment)});
        }
        return vectors;
    }

    EvaluationReport judged(const StudyConcept& of, const std::vector<Carried>& vectors, const RunContext& context) {
        std::vector<Treatment> treatments;
        ContentKey key("judge with margins");
        for (const Carried& vector : vectors) {
            treatments.push_back(vector.treatment);
            key.add(vector.key);
        }
        const ControlChoice& controls = study_.controls;
        key.add_file(of.test).add_file(of.pairs).add(of.instruction).add(std::uint64_t{study_.items});
        key.add(std::uint64_t{study_.few_shot});
        add_optional_file(key, study_.neutral_test);
        for (const bool chosen :
             {controls.shuffled_map, controls.shuffled_labels, controls.random_covariance, controls.random_isotropic})
            key.add(std::uint64_t{chosen});
        add_judge(key);
        const Kept report = kept(key, ".report.json", [&](const Path& file) {
            write_report(evaluate(target_.get(), treatments, requests_.in_target(of), context), file);
        });
        EvaluationReport made = read_report(report.file);
        made.verdicts = judge_all(made, {.seed = seed_});  // by this version's rules, whichever made the results
        return made;
    }

    /// The concept's own vector in the source, with the same search, on the same test items; nothing where that was not
    /// asked for.
    std::optional<EvaluationReport> in_source(const StudyConcept& of, const Kept& refined, const RunContext& context) {
        if (!study_.source_itself) return std::nullopt;
        const Kept own = own_vector(of, refined, context);
        ContentKey key("judge in source");
        key.add(own.key).add_file(of.test).add(of.instruction).add(std::uint64_t{study_.items});
        add_optional_file(key, study_.neutral_test);
        add_judge(key);
        const Kept report = kept(key, ".own.json", [&](const Path& file) {
            write_report(evaluate(source_.get(), {{read_control_vector(own.file), std::nullopt}},
                                  requests_.in_source(of), context),
                         file);
        });
        return read_report(report.file);
    }

    Kept own_vector(const StudyConcept& of, const Kept& refined, const RunContext& context) {
        ContentKey key("own vector");
        key.add(kSearchRevision).add(refined.key).add_file(of.dev).add(study_.budget_nats).add(seed_);
        add_optional_file(key, study_.neutral_dev);
        add_judge(key);
        return kept(key, ".own.gguf", [&](const Path& file) {
            const TransplantRequest request = requests_.transplant(of.name);
            const Task task = requests_.development_task(of);
            write_control_vector(
                place_native(read_concept_vector(refined.file), source_.get(), &task, request, context).vector, file);
        });
    }

    /// Each concept's vector by the first method, on every concept's test items.
    std::vector<SideEffect> side_effects(const std::vector<std::vector<Carried>>& carried, const RunContext& context) {
        if (study_.side_effect_items == 0) return {};
        ContentKey key("side effects with q");
        key.add(options_.loading).add(target_.fingerprint()).add(std::uint64_t{study_.side_effect_items}).add(seed_);
        for (std::size_t i = 0; i < study_.concepts.size(); ++i)
            key.add(carried[i].front().key).add(study_.concepts[i].name).add_file(study_.concepts[i].test);
        add_judge(key);
        const Kept effects = kept(key, ".side.json", [&](const Path& file) {
            std::vector<ControlVector> vectors;
            std::vector<Task> tasks;
            for (std::size_t i = 0; i < study_.concepts.size(); ++i) {
                const StudyConcept& of = study_.concepts[i];
                vectors.push_back(carried[i].front().treatment.vector);
                vectors.back().name = of.name;
                tasks.push_back(requests_.test_task(of.test, study_.side_effect_items));
            }
            const SideEffectOptions how{.seed = seed_, .threads = options_.threads};
            write_side_effects(measure_side_effects(target_.get(), vectors, tasks, how, context), file);
        });
        return read_side_effects(effects.file);
    }

    /// Each concept's vector by the first method, on the variants of its own test items; one table for all of them, so
    /// that they are corrected for together.
    std::vector<VariantEffect> robustness(const std::vector<std::vector<Carried>>& carried, const RunContext& context) {
        if (study_.robustness_items == 0) return {};
        ContentKey key("robustness");
        key.add(options_.loading).add(target_.fingerprint()).add(std::uint64_t{study_.robustness_items}).add(seed_);
        for (std::size_t i = 0; i < study_.concepts.size(); ++i) {
            const StudyConcept& of = study_.concepts[i];
            key.add(carried[i].front().key).add(of.name).add_file(of.test);
            for (const Path& variant : of.variants) key.add(variant.stem().string()).add_file(variant);
        }
        add_judge(key);
        const Kept effects = kept(key, ".robust.json", [&](const Path& file) {
            std::vector<VariantValues> rows;
            for (std::size_t i = 0; i < study_.concepts.size(); ++i) {
                if (study_.concepts[i].variants.empty()) continue;
                ControlVector vector = carried[i].front().treatment.vector;
                vector.name = study_.concepts[i].name;
                std::ranges::move(on_variants(study_.concepts[i], vector, context), std::back_inserter(rows));
            }
            write_robustness(summarise_robustness(rows, {.seed = seed_}), file);
        });
        return read_robustness(effects.file);
    }

    std::vector<VariantValues> on_variants(const StudyConcept& of, const ControlVector& vector,
                                           const RunContext& context) {
        std::vector<Task> variants;
        for (const Path& file : of.variants) variants.push_back(requests_.test_task(file, study_.robustness_items));
        return measure_robustness(target_.get(), vector, requests_.test_task(of.test, 0), variants,
                                  {.seed = seed_, .threads = options_.threads}, context);
    }

    /// All vectors on a safeguard's task: results alone, since none was made to move it.
    EvaluationReport checked(const Path& task, const std::vector<std::vector<Carried>>& vectors,
                             const RunContext& context) {
        std::vector<Treatment> treatments;
        ContentKey key("safety");
        for (const std::vector<Carried>& of : vectors) {
            for (const Carried& vector : of) {
                treatments.push_back({vector.treatment.vector, std::nullopt, vector.treatment.is_for_comparison});
                key.add(vector.key).add(vector.treatment.vector.name);
            }
        }
        key.add_file(task).add(safety_task_name(task)).add(std::uint64_t{study_.items});
        add_optional_file(key, study_.neutral_dev);
        add_optional_file(key, study_.neutral_test);
        add_judge(key);
        const Kept report = kept(key, ".report.json", [&](const Path& file) {
            EvaluationReport made =
                evaluate(target_.get(), treatments, requests_.on_safeguard(task, options_.threads), context);
            made.verdicts.clear();
            write_report(made, file);
        });
        return read_report(report.file);
    }

    const Study& study_;
    std::uint64_t seed_;
    const StudyOptions& options_;
    StepCounter& counter_;
    std::stop_token stop_;
    StudyRequests requests_;
    LazyModel source_;
    LazyModel target_;
    LazyMaps maps_;
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
    const std::size_t of_concept = 2 + study.methods.size() + (study.source_itself ? 2 : 0);
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
            Run run(study, models, seed, options, counter, context.stop);
            result.runs.push_back(run.run(models.name));
        }
    }
    context.end();
    result.predictors = rank_predictors(all_findings(result), {});
    result.reused = counter.reused();
    return result;
}

}  // namespace contrans
