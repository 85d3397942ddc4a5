#include "contrans/pipeline/evaluate.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "contrans/core/version.h"
#include "contrans/evaluation/proxy_tuning.h"
#include "contrans/evaluation/verdict.h"
#include "contrans/harvest/harvester.h"
#include "contrans/linalg/products.h"
#include "contrans/pipeline/behaviour_search.h"
#include "contrans/pipeline/check_evaluation.h"
#include "contrans/pipeline/control_candidates.h"
#include "contrans/pipeline/drawn_controls.h"
#include "contrans/pipeline/native_candidates.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/pipeline/worded_task.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

// Reported damage: the next token after the middle of this many test texts.
constexpr std::size_t kReportTexts = 64;
constexpr NextTokenOptions report_texts(std::size_t threads) {
    return {.texts = kReportTexts, .positions = 1, .threads = threads};
}
// Doses of the curve, as shares of the treatment's.
constexpr double kCurveShares[] = {0.5, 1.0, 1.5};

using Plan = std::shared_ptr<const SteeringPlan>;

/// A steering that is scored on all test items.
struct Condition {
    std::string role;
    std::string vector;
    Plan steering;
    std::optional<double> dose;
    std::vector<std::size_t> layers;
    std::string note;
};

std::span<const std::string> or_built_in(const std::vector<std::string>& given, std::span<const std::string> built_in) {
    return given.empty() ? built_in : std::span<const std::string>(given);
}

std::string role_of(const Treatment& treatment) {
    return treatment.is_for_comparison ? role::kPaper : role::kTransplanted;
}

LayerSet layer_set_of(const ControlVector& vector) {
    LayerSet layers;
    for (const ControlLayer& layer : vector.layers) layers.push_back(layer.layer);
    return layers;
}

std::vector<std::size_t> numbers_of(const LayerSet& layers) {
    std::vector<std::size_t> numbers;
    for (const LayerIndex layer : layers) numbers.push_back(layer.value);
    return numbers;
}

std::vector<std::size_t> layer_numbers(const ControlVector& vector) { return numbers_of(layer_set_of(vector)); }

Condition condition_of(const Treatment& treatment) {
    const ControlVector& vector = treatment.vector;
    std::vector<SteeringPlan::Step> steps;
    for (const ControlLayer& layer : vector.layers) steps.push_back({layer.layer, layer.offset});
    const double dose = total_dose(vector.layers);
    return {role_of(treatment),
            vector.name,
            std::make_shared<const SteeringPlan>(std::move(steps)),
            dose == 0 ? std::nullopt : std::optional(dose),
            layer_numbers(vector),
            ""};
}

/// "searched among the 3 of 45 that agree with the source on the development items" and the like.
std::string chosen_from(std::size_t candidates, const SearchResult& result) {
    const std::string all = std::to_string(candidates);
    if (result.agreeing == 0U) return "the nearest to the source of " + all + ", of which none agrees with it";
    const std::string some =
        result.agreeing ? "the " + std::to_string(*result.agreeing) + " of " + all + " that agree with the source"
                        : all;
    return "searched among " + some + " on the development items";
}

class Evaluation {
public:
    Evaluation(const std::shared_ptr<const Model>& target, const std::vector<Treatment>& treatments,
               const EvaluateRequest& request, const RunContext& context)
        : target_(target),
          treatments_(treatments),
          request_(request),
          context_(context),
          neutral_dev_(or_built_in(request.neutral_dev, neutral_development_texts())),
          spreads_(measure_spread(target, neutral_dev_, spread_layers(), request.threads, context)),
          scorer_(target, request.task, request.threads),
          neutral_test_(or_built_in(request.neutral_test, neutral_test_texts())),
          damage_(target, neutral_test_, report_texts(request.threads), context) {
        if (request.dev_task) {
            search_.emplace(target, *request.dev_task, neutral_dev_,
                            BehaviourSearchOptions{request.budget_nats, std::nullopt, request.seed, request.threads},
                            context);
        }
    }

    EvaluationReport run() {
        std::vector<Condition> conditions = {{role::kNone, role::kNone, nullptr, std::nullopt, {}, ""}};
        for (const Treatment& treatment : treatments_) conditions.push_back(condition_of(treatment));
        if (request_.native_pairs) conditions.push_back(native());
        if (const auto candidates = shuffled_candidates(treatments_.front());
            !candidates.empty() && request_.controls.shuffled_map) {
            conditions.push_back(searched(role::kShuffledMap, candidates, treatments_.front().controls->responses));
        }
        report_.target = target_->identity();
        if (first().provenance) report_.source = first().provenance->source;
        score(conditions);
        score_words();
        score_proxy();
        score_drawn_controls();
        add_curve();
        finish();
        return std::move(report_);
    }

private:
    [[nodiscard]] const ControlVector& first() const { return treatments_.front().vector; }

    /// Layers at which native competes: those that the carried vectors could choose from.
    [[nodiscard]] std::vector<LayerIndex> search_layers() const {
        std::set<LayerIndex> layers;
        for (const Treatment& treatment : treatments_) {
            for (const ControlLayer& layer : treatment.vector.layers) layers.insert(layer.layer);
            if (!treatment.controls) continue;
            for (const ControlDirection& direction : treatment.controls->directions)
                layers.insert(direction.target_layer);
        }
        return {layers.begin(), layers.end()};
    }

    [[nodiscard]] std::vector<LayerIndex> spread_layers() const { return search_layers(); }

    [[nodiscard]] const LayerSpread& spread(LayerIndex layer) const {
        return *std::find_if(spreads_.begin(), spreads_.end(),
                             [layer](const LayerSpread& s) { return s.layer == layer; });
    }

    /// The vector's dose by the spread measured here: other engines' files know none.
    [[nodiscard]] double dose_of(const ControlVector& vector) const {
        double dose = 0;
        for (const ControlLayer& layer : vector.layers) dose += norm(layer.offset) / spread(layer.layer).sigma;
        return dose;
    }

    /// The behaviour search's choice; without development items the treatment's layer and dose.
    /// @param source  the responses that candidates have to agree with; empty: they need not
    Condition searched(const char* role, const std::vector<SearchCandidate>& candidates,
                       std::span<const WordResponse> source = {}) {
        if (!search_) return at_treatment(role, candidates);
        const SearchResult result = search_->run(std::string("search ") + role, candidates, source, context_);
        const SearchCandidate& best = candidates[result.best.candidate];
        for (const TriedDose& tried : result.last) {
            if (tried.trial.candidate == result.best.candidate) add_point(role, role, tried);
        }
        return {role,
                role,
                plan_of(best, result.best.dose),
                result.best.dose,
                numbers_of(layer_set(best)),
                best.label + ", " + chosen_from(candidates.size(), result)};
    }

    [[nodiscard]] Condition at_treatment(const char* role, const std::vector<SearchCandidate>& candidates) const {
        auto at = std::ranges::find(candidates, layer_set_of(first()), layer_set);
        if (at == candidates.end()) at = candidates.begin();
        const double dose = dose_of(first());
        return {role,
                role,
                plan_of(*at, dose),
                dose,
                numbers_of(layer_set(*at)),
                at->label + ", at the vector's layers and dose; no development items were given"};
    }

    /// By the refinement asked for, and those that the carried vector could choose from.
    Condition native() {
        std::vector<Refinement> refinements = {request_.native};
        if (treatments_.front().controls) {
            const bool means = have_means(*target_, both_classes(*request_.native_pairs));
            std::ranges::copy_if(refinements_of(*treatments_.front().controls), std::back_inserter(refinements),
                                 [&](const Refinement& other) {
                                     return other != request_.native && (means || other.position == TextPosition::last);
                                 });
        }
        return searched(role::kNative,
                        native_candidates(
                            target_, *request_.native_pairs, refinements, searched_sets(),
                            [this](LayerIndex layer) { return spread(layer).sigma; }, request_.threads, context_));
    }

    [[nodiscard]] std::vector<SearchCandidate> shuffled_candidates(const Treatment& treatment) const {
        if (!treatment.controls) return {};
        return shuffled_map_candidates(*treatment.controls, [this](LayerIndex layer) { return spread(layer).sigma; });
    }

    /// What native may choose from, since the carried vectors could: every layer alone, and those that were steered
    /// together.
    [[nodiscard]] std::vector<LayerSet> searched_sets() const {
        std::vector<LayerSet> sets;
        for (const LayerIndex layer : search_layers()) sets.push_back({layer});
        const auto add = [&sets](const LayerSet& set) {
            if (std::ranges::find(sets, set) == sets.end()) sets.push_back(set);
        };
        for (const Treatment& treatment : treatments_) {
            add(layer_set_of(treatment.vector));
            for (const LayerSet& set : layer_sets(shuffled_candidates(treatment))) add(set);
        }
        return sets;
    }

    void score(const std::vector<Condition>& conditions) {
        std::vector<std::size_t> all(request_.task.items.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        std::vector<ScoringJob> jobs;
        std::vector<Plan> plans;
        for (const Condition& condition : conditions) {
            jobs.push_back({condition.steering, all});
            plans.push_back(condition.steering);
        }
        context_.begin("score " + std::to_string(conditions.size()) + " conditions", "texts",
                       conditions.size() * all.size());
        const std::vector<std::vector<ItemScores>> scores = scorer_.score(jobs, context_);
        context_.begin("damage of " + std::to_string(conditions.size()) + " conditions", "texts",
                       conditions.size() * damage_.n());
        const std::vector<Damage> damages = damage_.measure(plans, context_);
        context_.end();
        for (std::size_t c = 0; c < conditions.size(); ++c)
            add_results(conditions[c], request_.task, scores[c], damages[c]);
    }

    void add_results(const Condition& condition, const Task& task, std::span<const ItemScores> scores,
                     std::optional<Damage> damage) {
        for (const Metric metric : reported_metrics(task.kind)) {
            ConditionResult result;
            result.vector = condition.vector;
            result.role = condition.role;
            result.task = request_.task.name;
            result.metric = to_string(metric);
            result.item_values = item_values(metric, task, scores);
            result.item_groups = item_groups(task);
            result.dose = condition.dose;
            result.layers = condition.layers;
            result.note = condition.note;
            if (damage) {
                result.kl_nats = damage->kl_nats;
                result.perplexity_ratio = damage->perplexity_ratio;
            }
            report_.results.push_back(std::move(result));
        }
    }

    /// The concept as words instead of a vector: an instruction, or texts of the concept, before every prompt.
    void score_words() {
        if (!request_.instruction.empty())
            score_worded(role::kPrompt, with_instruction(request_.task, request_.instruction),
                         "\"" + request_.instruction + "\" before every prompt");
        if (request_.few_shot != 0 && request_.native_pairs)
            score_worded(
                role::kFewShot,
                with_examples(request_.task, request_.native_pairs->positive, request_.few_shot, request_.seed),
                std::to_string(request_.few_shot) + " positive texts before every prompt");
    }

    void score_worded(const char* role, const Task& task, const std::string& note) {
        TaskScorer scorer(target_, task, request_.threads);
        context_.begin(std::string("score ") + role, "texts", task.items.size());
        const std::vector<ItemScores> scores = scorer.score_all(nullptr, context_);
        context_.end();
        add_results({role, role, nullptr, std::nullopt, {}, note}, task, scores, std::nullopt);
    }

    void score_proxy() {
        if (!request_.proxy) return;
        const auto& [model, vector] = *request_.proxy;
        const ProxyTuning proxy(model, combined_plan({&vector, 1}), *target_, request_.threads);
        context_.begin("score proxy-tuning", "texts", request_.task.items.size());
        const std::vector<ItemScores> scores = proxy.score(scorer_, context_);
        const Damage damage = proxy.damage(damage_, neutral_test_, report_texts(request_.threads), context_);
        context_.end();
        add_results({role::kProxyTuning,
                     role::kProxyTuning,
                     nullptr,
                     std::nullopt,
                     {},
                     "by " + describe(model->identity()) + " with its own vector and without"},
                    request_.task, scores, damage);
    }

    void score_drawn_controls() {
        std::vector<LayerSpread> spreads;
        for (const ControlLayer& layer : first().layers) spreads.push_back(spread(layer.layer));
        if (request_.controls.shuffled_labels && treatments_.front().controls)
            score_drawn(shuffled_label_draws(*treatments_.front().controls, first()));
        if (request_.controls.random_covariance)
            score_drawn(draw_random_covariance(spreads, request_.draws, request_.seed));
        if (request_.controls.random_isotropic)
            score_drawn(draw_random_isotropic(spreads, request_.draws, request_.seed));
    }

    void score_drawn(const DrawnDirections& directions) {
        if (directions.draws.empty()) return;
        DamageMeter& search_damage = search_ ? search_->damage() : dev_damage();
        const ScoredControl scored =
            score_drawn_control(directions, first(), scorer_, search_damage,
                                {request_.draw_items, request_.budget_nats, request_.seed}, context_);
        for (ConditionResult result : scored.results) {
            result.task = request_.task.name;
            result.item_groups = item_groups(request_.task);
            result.layers = layer_numbers(first());
            report_.results.push_back(std::move(result));
        }
    }

    DamageMeter& dev_damage() {
        if (!dev_damage_)
            dev_damage_.emplace(target_, neutral_dev_,
                                NextTokenOptions{.texts = 32, .positions = 1, .threads = request_.threads}, context_);
        return *dev_damage_;
    }

    void add_point(const std::string& vector, const std::string& role, const TriedDose& tried) {
        report_.dose_curve.push_back(
            {vector, role, request_.task.name, tried.trial.dose, tried.outcome.value, tried.kl_nats});
    }

    /// Behaviour and damage of the first vector around its dose, on development items.
    void add_curve() {
        if (!search_) return;
        SearchCandidate candidate{first().name, {}};
        for (const ControlLayer& layer : first().layers)
            candidate.layers.push_back({layer.layer, layer.offset, spread(layer.layer).sigma});
        std::vector<double> doses;
        for (const double share : kCurveShares) doses.push_back(share * dose_of(first()));
        for (const TriedDose& tried : search_->curve(candidate, doses, context_)) {
            add_point(first().name, role_of(treatments_.front()), tried);
        }
    }

    void finish() {
        const Task& task = request_.task;
        const std::vector<std::string> groups = item_groups(task);
        std::set<std::string> named(groups.begin(), groups.end());
        const auto alone = static_cast<std::size_t>(std::count(groups.begin(), groups.end(), ""));
        named.erase("");
        report_.tasks.push_back({task.name, "", to_string(task.kind), task.items.size(), named.size() + alone});
        report_.provenance.tool_version = kVersion;
        report_.provenance.seed = request_.seed;
        report_.provenance.budget_nats = request_.budget_nats;
        const BootstrapOptions bootstrap{.seed = request_.seed};
        summarise_results(report_, bootstrap);
        report_.verdicts = judge_all(report_, bootstrap);
    }

    const std::shared_ptr<const Model>& target_;
    const std::vector<Treatment>& treatments_;
    const EvaluateRequest& request_;
    const RunContext& context_;
    std::span<const std::string> neutral_dev_;
    std::vector<LayerSpread> spreads_;
    TaskScorer scorer_;
    std::span<const std::string> neutral_test_;
    DamageMeter damage_;
    std::optional<BehaviourSearch> search_;
    std::optional<DamageMeter> dev_damage_;
    EvaluationReport report_;
};

}  // namespace

EvaluationReport evaluate(const std::shared_ptr<const Model>& target, const std::vector<Treatment>& treatments,
                          const EvaluateRequest& request, const RunContext& context) {
    check_evaluation(*target, treatments, request);
    return Evaluation(target, treatments, request, context).run();
}

}  // namespace contrans
