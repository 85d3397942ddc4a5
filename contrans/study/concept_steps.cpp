#include "contrans/study/concept_steps.h"

#include "contrans/concepts/concept_vector_file.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/evaluation/task.h"
#include "contrans/evaluation/verdict.h"
#include "contrans/harvest/corpus.h"
#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/refine.h"
#include "contrans/pipeline/suffix_search.h"
#include "contrans/pipeline/transplant.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "contrans/transplant/search.h"

namespace contrans {
namespace {

using Path = std::filesystem::path;

/// What kept results depend on of the test items.
void add_test(ContentKey& key, const StudyConcept& of, const RunState& run) {
    key.add_file(of.test);
    if (run.requests.shares_task_name(of)) key.add(of.name);
}

}  // namespace

KeptStep ConceptSteps::refined(const StudyConcept& of, const RunContext& context) {
    ContentKey key("refine with responses");
    key.add(run_.options.loading)
        .add(run_.source.fingerprint())
        .add_file(of.pairs)
        .add(of.name)
        .add(to_string(of.position))
        .add(run_.seed);
    return run_.kept(key, ".concept.gguf", [&](const Path& file) {
        const ContrastPairs pairs = read_contrast_pairs(of.pairs);
        RefineRequest request;
        request.name = of.name;
        request.how.position = of.position;
        request.alternatives = usual_alternatives(*run_.source.get(), pairs, request.how);
        request.seed = run_.seed;
        request.threads = 1;
        write_concept_vector(refine_concept(run_.source.get(), pairs, request, context), file);
    });
}

KeptStep ConceptSteps::fitted(const RunContext& context) {
    ContentKey key("map");
    key.add(run_.options.loading)
        .add(run_.source.fingerprint())
        .add(run_.target.fingerprint())
        .add(std::uint64_t{run_.study.texts})
        .add(std::uint64_t{run_.study.fits == FitScope::all})
        .add(run_.seed);
    add_optional_file(key, run_.study.neutral_dev);
    for (const Path& file : run_.study.corpus) key.add_file(file);
    return run_.kept(key, ".map.gguf", [&](const Path& file) {
        MapRequest request;
        request.neutral = read_neutral(run_.study.neutral_dev);
        request.fits = run_.study.fits;
        request.seed = run_.seed;
        request.threads = run_.options.threads;
        const auto texts = draw_evenly(read_corpus_files(run_.study.corpus), run_.study.texts, run_.seed);
        write_map_set(build_map(run_.source.get(), run_.target.get(), texts, request, context), file);
    });
}

KeptStep ConceptSteps::carried(const StudyConcept& of, const std::string& method, const KeptStep& refined,
                               const KeptStep& map, const RunContext& context) {
    ContentKey key("transplant");
    key.add(kSearchRevision).add(refined.key).add(map.key).add_file(of.dev).add(method);
    key.add(run_.study.budget_nats).add(run_.seed);
    run_.add_judge(key);
    return run_.kept(key, ".gguf", [&](const Path& file) {
        TransplantRequest request = run_.requests.transplant(vector_name(of, method));
        if (method != "searched") request.fit = parse_fit_kind(method);
        const Task task = run_.requests.development_task(of);
        const TransplantResult result = transplant(read_concept_vector(refined.file), run_.maps.get(map.file),
                                                   run_.target.get(), &task, request, context);
        // The vector last: where it is, all of it is.
        write_control_set(result.controls, controls_path(file));
        write_control_vector(result.vector, file);
    });
}

std::vector<CarriedVector> ConceptSteps::carried(const StudyConcept& of, const KeptStep& refined, const KeptStep& map,
                                                 const RunContext& context) {
    std::vector<CarriedVector> vectors;
    for (const std::string& method : run_.study.methods) {
        const KeptStep vector = carried(of, method, refined, map, context);
        Treatment treatment{read_control_vector(vector.file), read_control_set(controls_path(vector.file))};
        treatment.vector.name = vector_name(of, method);
        treatment.is_for_comparison = !vectors.empty() && method == to_string(FitKind::paper);
        vectors.push_back({vector.key, std::move(treatment)});
    }
    return vectors;
}

EvaluationReport ConceptSteps::judged(const StudyConcept& of, const std::vector<CarriedVector>& vectors,
                                      const std::optional<KeptStep>& own, const RunContext& context) {
    std::vector<Treatment> treatments;
    ContentKey key("judge with margins");
    for (const CarriedVector& vector : vectors) {
        treatments.push_back(vector.treatment);
        key.add(vector.key);
    }
    const ControlChoice& controls = run_.study.controls;
    add_test(key, of, run_);
    key.add_file(of.pairs).add(of.instruction).add(std::uint64_t{run_.study.items});
    key.add(std::uint64_t{run_.study.few_shot});
    add_optional_file(key, run_.study.neutral_test);
    for (const bool chosen :
         {controls.shuffled_map, controls.shuffled_labels, controls.random_covariance, controls.random_isotropic})
        key.add(std::uint64_t{chosen});
    if (run_.study.proxy_tuning) key.add("proxy-tuning").add(own.value().key);
    run_.add_judge(key);
    const KeptStep report = run_.kept(key, ".report.json", [&](const Path& file) {
        EvaluateRequest request = run_.requests.in_target(of);
        if (run_.study.proxy_tuning) request.proxy = {run_.source.get(), read_control_vector(own->file)};
        write_report(evaluate(run_.target.get(), treatments, request, context), file);
    });
    EvaluationReport made = read_report(report.file);
    made.verdicts = judge_all(made, {.seed = run_.seed});  // by this version's rules, whichever made the results
    return made;
}

EvaluationReport ConceptSteps::in_source(const StudyConcept& of, const KeptStep& own, const RunContext& context) {
    ContentKey key("judge in source");
    key.add(own.key);
    add_test(key, of, run_);
    key.add(of.instruction).add(std::uint64_t{run_.study.items});
    add_optional_file(key, run_.study.neutral_test);
    run_.add_judge(key);
    const KeptStep report = run_.kept(key, ".own.json", [&](const Path& file) {
        write_report(evaluate(run_.source.get(), {{read_control_vector(own.file), std::nullopt}},
                              run_.requests.in_source(of), context),
                     file);
    });
    return read_report(report.file);
}

std::optional<KeptStep> ConceptSteps::own_vector(const StudyConcept& of, const KeptStep& refined,
                                                 const RunContext& context) {
    if (!run_.study.source_itself) return std::nullopt;
    ContentKey key("own vector");
    key.add(kSearchRevision).add(refined.key).add_file(of.dev).add(run_.study.budget_nats).add(run_.seed);
    add_optional_file(key, run_.study.neutral_dev);
    run_.add_judge(key);
    return run_.kept(key, ".own.gguf", [&](const Path& file) {
        const TransplantRequest request = run_.requests.transplant(of.name);
        const Task task = run_.requests.development_task(of);
        write_control_vector(
            place_native(read_concept_vector(refined.file), run_.source.get(), &task, request, context).vector, file);
    });
}

SuffixAttack ConceptSteps::attacked(const StudyConcept& of, const CarriedVector& vector, const RunContext& context) {
    ContentKey key("search a suffix");
    key.add(vector.key).add(of.name).add_file(of.dev).add(std::uint64_t{run_.study.attack_words}).add(run_.seed);
    run_.add_judge(key);
    const KeptStep attack = run_.kept(key, ".suffix.json", [&](const Path& file) {
        const SuffixSearchOptions how{.words = run_.study.attack_words, .seed = run_.seed, .threads = 1};
        write_suffix_attack(
            search_suffix(run_.target.get(), named_after(of, vector), run_.requests.development_task(of), how, context),
            file);
    });
    return read_suffix_attack(attack.file);
}

}  // namespace contrans
