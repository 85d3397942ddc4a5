#include "contrans/pipeline/drawn_controls.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>
#include <random>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/dose.h"

namespace contrans {
namespace {

// Damage is alike among draws of one kind: a few tell.
constexpr std::size_t kDamageDraws = 2;
constexpr double kDamageExponent = 1.9;
constexpr int kMostDoseSteps = 5;
// A lowered dose has met the budget between these shares of it.
constexpr double kFloor = 0.85;
constexpr double kCeiling = 1.05;

using Plan = std::shared_ptr<const SteeringPlan>;

Plan plan_of_draw(std::span<const std::vector<float>> directions, const ControlVector& treatment, double scale) {
    std::vector<SteeringPlan::Step> steps;
    for (std::size_t l = 0; l < treatment.layers.size(); ++l) {
        // The treatment's own length, so that a vector without a known σ has controls too.
        steps.push_back(
            {treatment.layers[l].layer, offset_for_dose(directions[l], scale, norm(treatment.layers[l].offset))});
    }
    return std::make_shared<const SteeringPlan>(std::move(steps));
}

std::vector<Plan> plans_of(const DrawnDirections& directions, const ControlVector& treatment, double scale,
                           std::size_t draws) {
    std::vector<Plan> plans;
    for (std::size_t d = 0; d < std::min(draws, directions.draws.size()); ++d) {
        plans.push_back(plan_of_draw(directions.draws[d], treatment, scale));
    }
    return plans;
}

Damage mean_damage(std::span<const Damage> damages) {
    Damage mean{0, 0};
    for (const Damage& d : damages) {
        mean.kl_nats += d.kl_nats / static_cast<double>(damages.size());
        mean.perplexity_ratio += d.perplexity_ratio / static_cast<double>(damages.size());
    }
    return mean;
}

ControlDose dose_within_budget(const DrawnDirections& directions, const ControlVector& treatment, DamageMeter& damage,
                               double budget, const RunContext& context) {
    const auto damage_at = [&](double scale) {
        return mean_damage(damage.measure(plans_of(directions, treatment, scale, kDamageDraws), context));
    };
    const Damage full = damage_at(1);
    char note[160];
    if (full.kl_nats <= budget) {
        std::snprintf(note, sizeof note, "at the treatment's dose: %.2f nat of %.2f allowed", full.kl_nats, budget);
        return {1, full, note};
    }
    // Far over the budget damage saturates and follows no power law: corrected until it is met.
    double scale = 1;
    Damage reached = full;
    const auto met = [&] { return reached.kl_nats >= kFloor * budget && reached.kl_nats <= kCeiling * budget; };
    for (int step = 0; step < kMostDoseSteps && !met(); ++step) {
        scale = std::min(1.0, scale * std::pow(budget / std::max(reached.kl_nats, 1e-6), 1 / kDamageExponent));
        reached = damage_at(scale);
    }
    std::snprintf(note, sizeof note,
                  "at %.2f of the treatment's dose, where it meets the budget of %.2f nat; at the full dose %.2f nat",
                  scale, budget, full.kl_nats);
    return {scale, reached, note};
}

/// Items of each draw: a seeded order of all items is dealt out in turn, so that every item is seen equally often.
std::vector<std::vector<std::size_t>> deal_items(std::size_t n_items, std::size_t draws, std::size_t per_draw,
                                                 std::uint64_t seed) {
    std::vector<std::size_t> order(n_items);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937_64 random(seed);
    for (std::size_t i = n_items; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    // Enough a draw that together they see every item.
    per_draw = std::min(n_items, std::max(per_draw == 0 ? n_items : per_draw, (n_items + draws - 1) / draws));
    std::vector<std::vector<std::size_t>> dealt(draws);
    std::size_t next = 0;
    for (std::vector<std::size_t>& items : dealt) {
        for (std::size_t i = 0; i < per_draw; ++i) items.push_back(order[next++ % n_items]);
        std::sort(items.begin(), items.end());
    }
    return dealt;
}

double percentile95(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(values.size())));
    return values[rank - 1];
}

/// Every item's mean over the draws that saw it, and the draws' own means.
ConditionResult summarise(Metric metric, const Task& task, std::span<const ScoringJob> jobs,
                          std::span<const std::vector<ItemScores>> scores) {
    ConditionResult result;
    result.metric = to_string(metric);
    result.draws = jobs.size();
    result.item_values.assign(task.items.size(), 0.0);
    std::vector<double> seen(task.items.size(), 0.0);
    std::vector<double> means;
    for (std::size_t d = 0; d < jobs.size(); ++d) {
        Task subset{task.name, task.kind, {}};
        for (const std::size_t item : jobs[d].items) subset.items.push_back(task.items[item]);
        const std::vector<double> values = item_values(metric, subset, scores[d]);
        means.push_back(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
        for (std::size_t i = 0; i < values.size(); ++i) {
            result.item_values[jobs[d].items[i]] += values[i];
            seen[jobs[d].items[i]] += 1;
        }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) result.item_values[i] /= seen[i];
    result.percentile95 = percentile95(std::move(means));
    return result;
}

DrawnDirections draw(const char* role, std::span<const LayerSpread> spreads, std::size_t draws, std::uint64_t seed,
                     const std::function<std::vector<float>(const LayerSpread&, std::mt19937_64&)>& draw_one) {
    DrawnDirections result{role, {}};
    std::mt19937_64 random(seed);
    for (std::size_t d = 0; d < draws; ++d) {
        result.draws.emplace_back();
        for (const LayerSpread& spread : spreads) result.draws.back().push_back(draw_one(spread, random));
    }
    return result;
}

}  // namespace

DrawnDirections draw_random_covariance(std::span<const LayerSpread> spreads, std::size_t draws, std::uint64_t seed) {
    return draw(role::kRandomCovariance, spreads, draws, seed, draw_from_covariance);
}

DrawnDirections draw_random_isotropic(std::span<const LayerSpread> spreads, std::size_t draws, std::uint64_t seed) {
    return draw(role::kRandomIsotropic, spreads, draws, seed, [](const LayerSpread& spread, std::mt19937_64& random) {
        return draw_isotropic(spread.deviations.cols(), random);
    });
}

ScoredControl score_drawn_control(const DrawnDirections& directions, const ControlVector& treatment, TaskScorer& scorer,
                                  DamageMeter& search_damage, const DrawnControlOptions& options,
                                  const RunContext& context) {
    if (directions.draws.empty()) throw Error(ErrorKind::argument, directions.role + ": needs at least one draw");
    context.begin(directions.role + ": damage", "texts", 2 * kDamageDraws * search_damage.n());
    const ControlDose dose = dose_within_budget(directions, treatment, search_damage, options.budget_nats, context);
    const std::vector<Plan> plans = plans_of(directions, treatment, dose.scale, directions.draws.size());
    const std::vector<std::vector<std::size_t>> items =
        deal_items(scorer.task().items.size(), plans.size(), options.items, options.seed);
    std::vector<ScoringJob> jobs;
    for (std::size_t d = 0; d < plans.size(); ++d) jobs.push_back({plans[d], items[d]});
    context.begin(directions.role + ": " + std::to_string(plans.size()) + " draws", "texts",
                  plans.size() * items.front().size());
    const std::vector<std::vector<ItemScores>> scores = scorer.score(jobs, context);
    context.end();

    ScoredControl scored;
    for (const Metric metric : reported_metrics(scorer.task().kind)) {
        ConditionResult result = summarise(metric, scorer.task(), jobs, scores);
        result.kl_nats = dose.damage.kl_nats;
        result.perplexity_ratio = dose.damage.perplexity_ratio;
        result.dose = dose.scale * total_dose(treatment.layers);
        result.note = dose.note;
        result.vector = result.role = directions.role;
        scored.results.push_back(std::move(result));
    }
    return scored;
}

}  // namespace contrans
