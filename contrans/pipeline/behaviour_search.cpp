#include "contrans/pipeline/behaviour_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "contrans/evaluation/mean.h"
#include "contrans/pipeline/agreement.h"
#include "contrans/pipeline/budget_dose.h"

namespace contrans {
namespace {

// A dose curve needs its shape, not its last digit.
constexpr std::size_t kCurveItems = 24;
// At the higher one the answer's probability still rises where all items are right by several nats.
constexpr std::array kTemperatures = {1.0, 4.0};
// Enough to tell candidates that agree from those that do not: by 8 and by 16 texts all but one of 180 were the same.
constexpr std::size_t kSearchAgreementTexts = 8;

Task shuffled(Task task, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    // Written out: std::shuffle differs between standard libraries.
    for (std::size_t i = task.items.size(); i > 1; --i) std::swap(task.items[i - 1], task.items[random() % i]);
    return task;
}

/// Probability of the answer (or of all true choices) when the choices are all there is, their log-likelihoods divided
/// by `temperature`.
double answer_probability(const TaskItem& item, TaskKind kind, std::span<const double> log_likelihood,
                          double temperature) {
    const double largest = *std::max_element(log_likelihood.begin(), log_likelihood.end());
    double right = 0;
    double all = 0;
    for (std::size_t c = 0; c < log_likelihood.size(); ++c) {
        const double mass = std::exp((log_likelihood[c] - largest) / temperature);
        const bool is_right = kind == TaskKind::choice ? c == item.answer : item.labels[c] == 1;
        all += mass;
        right += is_right ? mass : 0;
    }
    return right / all;
}

std::vector<std::string> first_texts(std::span<const std::string> neutral) {
    const std::span<const std::string> first = neutral.first(std::min(neutral.size(), kSearchAgreementTexts));
    return {first.begin(), first.end()};
}

std::vector<std::size_t> first_items(std::size_t n) {
    std::vector<std::size_t> items(n);
    std::iota(items.begin(), items.end(), std::size_t{0});
    return items;
}

}  // namespace

BehaviourSearch::BehaviourSearch(std::shared_ptr<const Model> target, Task task, std::span<const std::string> neutral,
                                 const BehaviourSearchOptions& options, const RunContext& context)
    : target_(target),
      agreement_texts_(first_texts(neutral)),
      options_(options),
      scorer_(target, shuffled(std::move(task), options.seed), options.threads),
      damage_(target, neutral, {.texts = kSearchDamageTexts, .positions = 1, .threads = options.threads}, context) {
    context.begin("score unsteered", "texts", scorer_.task().items.size());
    unsteered_ = value_of(scorer_.score_all(nullptr, context)).value;
    context.end();
}

TrialValue BehaviourSearch::value_of(std::span<const ItemScores> scores) const {
    Task seen = scorer_.task();
    seen.items.resize(scores.size());
    TrialValue result{mean_of(item_values(reported_metrics(seen.kind).front(), seen, scores)), 0};
    if (seen.kind == TaskKind::constrained) {
        result.smooth = mean_of(item_values(Metric::loose, seen, scores));
        return result;
    }
    if (seen.kind == TaskKind::judged) {
        result.smooth = mean_of(item_values(Metric::yes, seen, scores));
        return result;
    }
    for (const double temperature : kTemperatures) {
        for (std::size_t i = 0; i < scores.size(); ++i)
            result.smooth += answer_probability(seen.items[i], seen.kind, scores[i].choice_log_likelihood, temperature);
    }
    result.smooth /= static_cast<double>(scores.size() * kTemperatures.size());
    return result;
}

SearchProbes BehaviourSearch::probes(const std::string& label, std::span<const SearchCandidate> candidates,
                                     const RunContext& context) {
    const auto behaviour = [=, this, &context](std::span<const Trial> trials, std::size_t n_items) {
        std::vector<ScoringJob> jobs;
        for (const Trial& trial : trials)
            jobs.push_back({plan_of(candidates[trial.candidate], trial.dose), first_items(n_items)});
        context.begin(label + ": behaviour of " + std::to_string(trials.size()) + " trials", "texts",
                      trials.size() * n_items);
        std::vector<TrialValue> values;
        for (const std::vector<ItemScores>& scores : scorer_.score(jobs, context)) values.push_back(value_of(scores));
        context.end();
        return values;
    };
    const auto damage = [=, this, &context](std::span<const Trial> trials) {
        return damage_of_trials(candidates, trials, damage_, label + ": ", context);
    };
    return {.behaviour = behaviour, .damage = damage};
}

SearchResult BehaviourSearch::run(const std::string& label, std::span<const SearchCandidate> candidates,
                                  std::span<const WordResponse> source, const RunContext& context) {
    SearchOptions options;
    options.budget_nats = options_.budget_nats;
    options.dose = options_.dose;
    options.n_items = scorer_.task().items.size();
    SearchProbes look = probes(label, candidates, context);
    std::optional<AgreementMeter> agreement;
    if (!source.empty()) {
        agreement.emplace(source, target_, agreement_texts_, kSearchAgreementTexts, options_.threads, context);
        look.agreement = [&](std::span<const Trial> trials) { return agreement->measure(candidates, trials, context); };
    }
    return search_by_behaviour(contenders_of(candidates), look, options);
}

std::vector<TriedDose> BehaviourSearch::curve(const SearchCandidate& candidate, std::span<const double> doses,
                                              const RunContext& context) {
    const SearchProbes look = probes("dose curve", {&candidate, 1}, context);
    std::vector<Trial> trials;
    for (const double dose : doses) trials.push_back({0, dose});
    const std::size_t n_items = std::min(kCurveItems, scorer_.task().items.size());
    const std::vector<TrialValue> values = look.behaviour(trials, n_items);
    const std::vector<double> kl = look.damage(trials);
    std::vector<TriedDose> tried;
    for (std::size_t i = 0; i < trials.size(); ++i) tried.push_back({trials[i], n_items, values[i], kl[i]});
    return tried;
}

}  // namespace contrans
