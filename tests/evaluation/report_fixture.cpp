#include "tests/evaluation/report_fixture.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "contrans/evaluation/verdict.h"

namespace contrans::testing {
namespace {

constexpr std::size_t kItems = 96;

/// One concept's true shares, in the order of DESIGN §5's table.
struct Shares {
    const char* name;
    double none, prompt, native, transplanted, paper, shuffled_map, shuffled_labels, covariance, isotropic;
};

constexpr std::array<Shares, 6> kConcepts = {{{"happiness", .12, .45, .71, .79, .54, .13, .18, .15, .08},
                                              {"sadness", .10, .52, .92, .96, .96, .10, .14, .17, .11},
                                              {"anger", .09, .40, .83, .42, .42, .07, .11, .10, .06},
                                              {"fear", .11, .38, 1.0, .92, .29, .12, .20, .14, .09},
                                              {"disgust", .07, .21, .75, .08, .04, .08, .06, .09, .05},
                                              {"surprise", .15, .33, .18, .96, .92, .14, .19, .16, .10}}};

void steer(ConditionResult& result, double dose, double kl) {
    result.dose = dose;
    result.kl_nats = kl;
    result.perplexity_ratio = std::exp(kl * 1.1);
    result.layers = {14};
}

void draw(ConditionResult& result, double above) {
    result.draws = 10;
    result.percentile95 = result.value + above;
    result.note = "at the treatment's dose";
}

void add_concept(const Shares& shares_of, EvaluationReport& report) {
    const std::string task = shares_of.name;
    const auto groups = templates(kItems, 12);
    const auto add = [&](const std::string& vector, const char* role, double share) -> ConditionResult& {
        report.results.push_back(condition(vector, role, task, shares(kItems, share), groups));
        return report.results.back();
    };
    add(role::kNone, role::kNone, shares_of.none);
    add(role::kPrompt, role::kPrompt, shares_of.prompt);
    steer(add(role::kNative, role::kNative, shares_of.native), .42, .47);
    steer(add(task, role::kTransplanted, shares_of.transplanted), .44, .46);
    steer(add(task + ".paper", role::kPaper, shares_of.paper), .40, .49);
    steer(add(role::kShuffledMap, role::kShuffledMap, shares_of.shuffled_map), .43, .44);
    steer(add(role::kShuffledLabels, role::kShuffledLabels, shares_of.shuffled_labels), .41, .48);
    steer(add(role::kRandomCovariance, role::kRandomCovariance, shares_of.covariance), .44, .45);
    draw(report.results.back(), .05);
    steer(add(role::kRandomIsotropic, role::kRandomIsotropic, shares_of.isotropic), .08, .50);
    draw(report.results.back(), .04);
    report.tasks.push_back({task, "data/concepts/" + task + "/test.jsonl", "choice", kItems, 12});
}

void add_dose_curve(const Shares& shares_of, EvaluationReport& report) {
    for (const double dose : {0.1, 0.2, 0.3, 0.44, 0.6, 0.9}) {
        const double reach = 1 - std::exp(-6 * dose * dose / 0.3);
        const double collapse = dose > 0.7 ? 0.75 : 1;
        const double gain = (shares_of.transplanted - shares_of.none) * 1.05;
        const double paper_gain = (shares_of.paper - shares_of.none) * 1.05;
        report.dose_curve.push_back({shares_of.name, role::kTransplanted, shares_of.name, dose,
                                     (shares_of.none + gain * reach) * collapse, 2.4 * dose * dose});
        report.dose_curve.push_back({std::string(shares_of.name) + ".paper", role::kPaper, shares_of.name, dose,
                                     (shares_of.none + paper_gain * reach) * collapse, 2.7 * dose * dose});
    }
}

void add_similarity(EvaluationReport& report) {
    for (std::size_t s = 4; s < 30; ++s) {
        for (std::size_t t = 2; t < 18; ++t) {
            const double depth = static_cast<double>(s) / 30 - static_cast<double>(t) / 18;
            const double cka = .12 + .42 * std::exp(-8 * depth * depth) * (1 - static_cast<double>(t) / 40);
            report.similarity.push_back({LayerIndex{s}, LayerIndex{t}, cka, ""});
            if (s == 22 && t == 14) report.similarity.back().used_by = "happiness, fear";
            if (s == 16 && t == 10) report.similarity.back().used_by = "sadness";
        }
    }
}

EvaluationReport make_sample_report() {
    EvaluationReport report;
    report.target = {"a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818", "Gemma 3 270M", "gemma3", 640,
                     18};
    report.source = ModelIdentity{"b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                                  "SmolLM2 135M Instruct", "llama", 576, 30};
    report.provenance = {"0.1.0",
                         "contrans evaluate --target gemma-3-270m-q4_k_m.gguf --vector happiness.gguf "
                         "--task data/concepts/happiness/test.jsonl --controls all --report report.html",
                         "Intel Xeon (2 cores, AVX512), 8 GiB",
                         "2025-11-23T18:00:00Z",
                         7,
                         842.6,
                         0.5};
    for (const Shares& shares_of : kConcepts) {
        add_concept(shares_of, report);
        add_dose_curve(shares_of, report);
    }
    for (std::size_t i = 0; i < 9; ++i) {  // a second metric for the first concept, behind the primary one
        ConditionResult second = report.results[i];
        second.metric = "top1";
        report.results.push_back(std::move(second));
    }
    add_similarity(report);
    summarise_results(report, {});
    report.verdicts = judge_all(report);
    return report;
}

}  // namespace

std::vector<double> shares(std::size_t n, double share) {
    std::vector<double> values(n, 0.0);
    const auto ones = static_cast<std::size_t>(std::lround(share * static_cast<double>(n)));
    for (std::size_t i = 0; i < ones; ++i) values[i * 37 % n] = 1;
    return values;
}

std::vector<std::string> templates(std::size_t n, std::size_t n_groups) {
    std::vector<std::string> names(n);
    for (std::size_t i = 0; i < n; ++i) names[i] = "template " + std::to_string(i % n_groups);
    return names;
}

ConditionResult condition(const std::string& vector, const std::string& role, const std::string& task,
                          std::vector<double> values, std::vector<std::string> groups) {
    ConditionResult result;
    result.vector = vector;
    result.role = role;
    result.task = task;
    result.metric = "choice";
    result.n = values.size();
    for (const double value : values) result.value += value / static_cast<double>(values.size());
    result.low = result.value;
    result.high = result.value;
    result.item_values = std::move(values);
    result.item_groups = std::move(groups);
    return result;
}

EvaluationReport one_task_report(double none, double native, double transplanted, double shuffled) {
    EvaluationReport report;
    report.target = {"aaaa", "Target", "gemma3", 640, 18};
    const auto groups = templates(kItems, 12);
    report.results = {condition("none", role::kNone, "joy", shares(kItems, none), groups),
                      condition("native", role::kNative, "joy", shares(kItems, native), groups),
                      condition("joy", role::kTransplanted, "joy", shares(kItems, transplanted), groups),
                      condition("shuffled-map", role::kShuffledMap, "joy", shares(kItems, shuffled), groups)};
    summarise_results(report, {});
    return report;
}

const EvaluationReport& sample_report() {
    static const EvaluationReport report = make_sample_report();
    return report;
}

}  // namespace contrans::testing
