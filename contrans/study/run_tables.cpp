#include "contrans/study/run_tables.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "contrans/evaluation/report_json.h"
#include "contrans/evaluation/task.h"
#include "contrans/pipeline/evaluate.h"
#include "contrans/pipeline/robustness.h"
#include "contrans/pipeline/side_effects.h"
#include "contrans/pipeline/worded_task.h"

namespace contrans {
namespace {

using Path = std::filesystem::path;

}  // namespace

std::vector<SideEffect> RunTables::side_effects(const RunContext& context) {
    if (run_.study.side_effect_items == 0) return {};
    ContentKey key("side effects with margins");
    key.add(run_.options.loading)
        .add(run_.target.fingerprint())
        .add(std::uint64_t{run_.study.side_effect_items})
        .add(run_.seed);
    for (std::size_t i = 0; i < run_.study.concepts.size(); ++i)
        key.add(carried_[i].front().key).add(run_.study.concepts[i].name).add_file(run_.study.concepts[i].test);
    for (const Path& task : run_.study.side_effect_tasks) key.add(folder_task_name(task)).add_file(task);
    run_.add_judge(key);
    const KeptStep effects = run_.kept(key, ".side.json", [&](const Path& file) {
        std::vector<ControlVector> vectors;
        std::vector<Task> tasks;
        for (std::size_t i = 0; i < run_.study.concepts.size(); ++i) {
            const StudyConcept& of = run_.study.concepts[i];
            vectors.push_back(named_after(of, carried_[i].front()));
            tasks.push_back(run_.requests.test_task(of, run_.study.side_effect_items));
        }
        for (const Path& task : run_.study.side_effect_tasks) {
            tasks.push_back(run_.requests.test_task(task, run_.study.side_effect_items));
            tasks.back().name = folder_task_name(task);
        }
        const SideEffectOptions how{.seed = run_.seed, .threads = run_.options.threads};
        write_side_effects(measure_side_effects(run_.target.get(), vectors, tasks, how, context), file);
    });
    return read_side_effects(effects.file);
}

std::vector<VariantEffect> RunTables::robustness(std::span<const SuffixAttack> attacks, const RunContext& context) {
    if (run_.study.robustness_items == 0) return {};
    ContentKey key("robustness");
    key.add(run_.options.loading)
        .add(run_.target.fingerprint())
        .add(std::uint64_t{run_.study.robustness_items})
        .add(run_.seed);
    for (std::size_t i = 0; i < run_.study.concepts.size(); ++i) {
        const StudyConcept& of = run_.study.concepts[i];
        key.add(carried_[i].front().key).add(of.name).add_file(of.test);
        for (const Path& variant : of.variants) key.add(variant.stem().string()).add_file(variant);
    }
    for (const SuffixAttack& attack : attacks) key.add(attack.suffix).add(attack.random);
    run_.add_judge(key);
    const KeptStep effects = run_.kept(key, ".robust.json", [&](const Path& file) {
        std::vector<VariantValues> rows;
        for (std::size_t i = 0; i < run_.study.concepts.size(); ++i) {
            const StudyConcept& of = run_.study.concepts[i];
            const std::vector<Task> variants = variants_of(of, attacks.empty() ? nullptr : &attacks[i]);
            if (variants.empty()) continue;
            const ControlVector vector = named_after(of, carried_[i].front());
            std::ranges::move(
                measure_robustness(run_.target.get(), vector, run_.requests.test_task(of.test, 0), variants,
                                   {.seed = run_.seed, .threads = run_.options.threads}, context),
                std::back_inserter(rows));
        }
        write_robustness(summarise_robustness(rows, {.seed = run_.seed}), file);
    });
    return read_robustness(effects.file);
}

std::vector<Task> RunTables::variants_of(const StudyConcept& of, const SuffixAttack* attack) const {
    std::vector<Task> variants;
    for (const Path& file : of.variants) variants.push_back(run_.requests.test_task(file, run_.study.robustness_items));
    if (attack == nullptr || attack->suffix.empty()) return variants;
    Task test = run_.requests.test_task(of.test, run_.study.robustness_items);
    for (TaskItem& item : test.items) item.of = item.line;
    for (const auto& [name, suffix] : {std::pair(kSearchedSuffix, attack->suffix), {kRandomSuffix, attack->random}}) {
        variants.push_back(with_suffix(test, suffix));
        variants.back().name = name;
    }
    return variants;
}

EvaluationReport RunTables::checked(const Path& task, const RunContext& context) {
    std::vector<Treatment> treatments;
    ContentKey key("safety");
    for (const std::vector<CarriedVector>& of : carried_) {
        for (const CarriedVector& vector : of) {
            treatments.push_back({vector.treatment.vector, std::nullopt, vector.treatment.is_for_comparison});
            key.add(vector.key).add(vector.treatment.vector.name);
        }
    }
    key.add_file(task).add(folder_task_name(task)).add(std::uint64_t{run_.study.items});
    add_optional_file(key, run_.study.neutral_dev);
    add_optional_file(key, run_.study.neutral_test);
    run_.add_judge(key);
    const KeptStep report = run_.kept(key, ".report.json", [&](const Path& file) {
        EvaluationReport made =
            evaluate(run_.target.get(), treatments, run_.requests.on_safeguard(task, run_.options.threads), context);
        made.verdicts.clear();
        write_report(made, file);
    });
    return read_report(report.file);
}

}  // namespace contrans
