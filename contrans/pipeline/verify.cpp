#include "contrans/pipeline/verify.h"

#include <algorithm>
#include <span>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/mean.h"
#include "contrans/evaluation/metrics.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/linalg/products.h"
#include "contrans/pipeline/behaviour_search.h"
#include "contrans/pipeline/budget_dose.h"
#include "contrans/pipeline/control_candidates.h"
#include "contrans/pipeline/effect_meter.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/transplant/candidate.h"

namespace contrans {
namespace {

using Plan = std::shared_ptr<const SteeringPlan>;

// As many as a transplant's agreement has.
constexpr std::size_t kControlVectors = 4;
// Damage at the other dose where the vector does not know its own.
constexpr double kUsualDamage = 0.5;

void require_evidence(const ControlVector& vector, const VerifyRequest& request) {
    if (!vector.target || !vector.provenance) {
        throw Error(ErrorKind::format, vector.name +
                                           ": carries no evidence that could be run again; vectors of "
                                           "contrans transplant do");
    }
    if (!vector.provenance->effect && !request.task) {
        throw Error(ErrorKind::argument, vector.name +
                                             ": carries no signature of its effect (an older file, or a "
                                             "vocabulary of few words); give --task");
    }
}

/// What of the build is another; weights and their types may differ.
std::string difference(const ModelIdentity& was, const ModelIdentity& now) {
    const auto changed = [](const std::string& what, const auto& from, const auto& to) {
        return what + " " + to + ", " + from + " then";
    };
    if (was.architecture != now.architecture) return changed("architecture", was.architecture, now.architecture);
    if (was.d_model != now.d_model) return changed("width", std::to_string(was.d_model), std::to_string(now.d_model));
    if (was.n_layers != now.n_layers)
        return changed("depth", std::to_string(was.n_layers), std::to_string(now.n_layers));
    if (!was.tokenizer.empty() && was.tokenizer != now.tokenizer)
        return changed("tokenizer", was.tokenizer.substr(0, 8), now.tokenizer.substr(0, 8));
    return "";
}

/// The vector as a candidate whose dose is the factor that its offsets are multiplied by.
SearchCandidate by_factor(const ControlVector& vector) {
    SearchCandidate candidate{vector.name, {}};
    const auto n = static_cast<double>(vector.layers.size());
    for (const ControlLayer& layer : vector.layers)
        candidate.layers.push_back({layer.layer, layer.offset, n * norm(layer.offset)});
    return candidate;
}

DriftMeasures without_task(DriftMeasures measures) {
    measures.as_written->gain.reset();
    measures.redosed->gain.reset();
    return measures;
}

class Verification {
public:
    Verification(const ControlVector& vector, std::shared_ptr<const Model> target, const VerifyRequest& request,
                 const RunContext& context)
        : vector_(vector),
          from_(*vector.provenance),
          target_(std::move(target)),
          request_(request),
          context_(context),
          neutral_(request.neutral.empty() ? neutral_development_texts() : std::span(request.neutral)),
          candidate_(by_factor(vector)) {}

    DriftMeasures measure() {
        measures_.kl_was = from_.kl_nats;
        if (from_.dev_value && from_.dev_unsteered) measures_.gain_was = *from_.dev_value - *from_.dev_unsteered;
        measure_spreads();
        measure_damage();
        if (from_.effect) measure_agreement();
        if (request_.task) measure_gain();
        return std::move(measures_);
    }

private:
    [[nodiscard]] std::vector<DriftTrial*> trials() { return {&*measures_.as_written, &*measures_.redosed}; }
    [[nodiscard]] std::vector<Plan> plans() const { return {plan_of(candidate_, 1), plan_of(candidate_, factor_)}; }

    void measure_spreads() {
        std::vector<LayerIndex> layers;
        for (const ControlLayer& layer : vector_.layers) layers.push_back(layer.layer);
        const auto spreads = measure_spread(target_, neutral_, layers, request_.threads, context_);
        for (std::size_t l = 0; l < spreads.size(); ++l)
            measures_.spread.push_back({layers[l], vector_.layers[l].sigma, spreads[l].sigma});
    }

    /// As written, and at the strength that costs what it cost then.
    void measure_damage() {
        const std::size_t texts = from_.chosen_by == "behaviour" ? kSearchDamageTexts : 0;  // as then
        DamageMeter meter(target_, neutral_, {.texts = texts, .positions = 1, .threads = request_.threads}, context_);
        factor_ = budget_doses({&candidate_, 1}, meter, from_.kl_nats.value_or(kUsualDamage), context_).front();
        const std::vector<Damage> damage = meter.measure(plans(), context_);
        const double dose = total_dose(vector_.layers);
        measures_.as_written = DriftTrial{.dose = dose, .kl_nats = damage[0].kl_nats};
        measures_.redosed = DriftTrial{.dose = factor_ * dose, .kl_nats = damage[1].kl_nats};
    }

    void measure_agreement() {
        ResponseMeter meter = effect_meter(target_, request_.threads, context_);
        measures_.loss_was = from_.effect->neutral_loss;
        measures_.loss_now = meter.neutral_loss();
        std::vector<Plan> steerings = plans();
        for (const Plan& control : control_plans()) steerings.push_back(control);
        context_.begin("effect of " + std::to_string(steerings.size()) + " vectors", "texts",
                       steerings.size() * kEffectTexts);
        const std::vector<WordResponse> responses = meter.measure(steerings, context_);
        context_.end();
        std::vector<double> of_controls;
        for (std::size_t i = 0; i < responses.size(); ++i) {
            const std::optional<double> value = agreement(from_.effect->response, responses[i]);
            if (i < 2) {
                trials()[i]->agreement = value;
            } else if (value) {
                of_controls.push_back(*value);
            }
        }
        if (!of_controls.empty()) measures_.control_agreement = mean_of(of_controls);
    }

    /// Images of torn maps at the vector's layers and dose.
    [[nodiscard]] std::vector<Plan> control_plans() const {
        if (!request_.controls) return {};
        const auto sigma_of = [this](LayerIndex layer) {
            const auto found = std::ranges::find(measures_.spread, layer, &SpreadChange::layer);
            return found == measures_.spread.end() ? 0.0 : found->now;
        };
        std::vector<Plan> plans;
        for (const SearchCandidate& control : shuffled_map_candidates(*request_.controls, sigma_of)) {
            if (plans.size() == kControlVectors || layer_set(control) != layer_set(candidate_)) continue;
            plans.push_back(plan_of(control, total_dose(vector_.layers)));
        }
        return plans;
    }

    void measure_gain() {
        TaskScorer scorer(target_, *request_.task, request_.threads);
        std::vector<std::size_t> all(request_.task->items.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        std::vector<ScoringJob> jobs = {{nullptr, all}};
        for (const Plan& plan : plans()) jobs.push_back({plan, all});
        context_.begin("score " + std::to_string(jobs.size()) + " conditions", "texts", jobs.size() * all.size());
        const auto scores = scorer.score(jobs, context_);
        context_.end();
        const Metric metric = reported_metrics(request_.task->kind).front();
        const std::vector<double> unsteered = item_values(metric, *request_.task, scores[0]);
        for (std::size_t i = 0; i < 2; ++i) {
            trials()[i]->gain = bootstrap_difference(item_values(metric, *request_.task, scores[i + 1]), unsteered,
                                                     item_groups(*request_.task), {.seed = request_.seed});
        }
    }

    const ControlVector& vector_;
    const TransplantProvenance& from_;
    std::shared_ptr<const Model> target_;
    const VerifyRequest& request_;
    const RunContext& context_;
    std::span<const std::string> neutral_;
    SearchCandidate candidate_;
    double factor_ = 1;  // of the other dose
    DriftMeasures measures_;
};

}  // namespace

VerifyResult verify(const ControlVector& vector, const ModelIdentity& target,
                    const std::function<std::shared_ptr<const Model>()>& load, const VerifyRequest& request,
                    const RunContext& context) {
    require_evidence(vector, request);
    VerifyResult result{*vector.target, target, {}, {}, std::nullopt};
    const std::string differs = difference(*vector.target, target);
    if (differs.empty()) result.measures = Verification(vector, load(), request, context).measure();
    result.measures.differs = differs;
    result.judgement = judge_drift(result.measures);
    if (request.task && result.measures.as_written && result.measures.as_written->agreement)
        result.by_signature = judge_drift(without_task(result.measures));
    return result;
}

}  // namespace contrans
