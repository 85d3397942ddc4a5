#include "contrans/pipeline/agreement.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "contrans/evaluation/damage.h"
#include "contrans/pipeline/budget_dose.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"

namespace contrans {
namespace {

constexpr double kBudgetNats = 0.5;
// Of each kind, whose agreement is measured beside the carried vector's.
constexpr std::size_t kControlVectors = 4;

/// Adds at most kControlVectors of them, evenly spaced. @return how many
std::size_t add_some(std::vector<SearchCandidate>& to, std::span<const SearchCandidate> all) {
    const std::size_t n = std::min(all.size(), kControlVectors);
    for (std::size_t i = 0; i < n; ++i) to.push_back(all[i * all.size() / n]);
    return n;
}

std::optional<double> mean_of(std::span<const double> values) {
    if (values.empty()) return std::nullopt;
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::vector<WordResponse> own_responses(const ConceptVector& source_concept, const std::shared_ptr<const Model>& model,
                                        std::size_t threads, const RunContext& context) {
    const LayerIndex layer = source_concept.suggested_layer;
    const NextTokenOptions look{.texts = kAgreementTexts, .positions = 1, .threads = threads};
    const std::span<const std::string> texts = neutral_development_texts();
    const double sigma = measure_spread(model, texts.first(kAgreementTexts), {layer}, threads, context).front().sigma;
    std::vector<SearchCandidate> candidates;
    for (std::size_t r = 0; r <= source_concept.alternatives.size(); ++r) {
        candidates.push_back(named_by_layers({{layer, source_concept.at(layer, r).direction, sigma}}));
        candidates.back().refinement = r;
    }
    DamageMeter damage(model, texts, look, context);
    const std::vector<double> doses = budget_doses(candidates, damage, kBudgetNats, context);
    std::vector<std::shared_ptr<const SteeringPlan>> plans;
    for (std::size_t c = 0; c < candidates.size(); ++c) plans.push_back(plan_of(candidates[c], doses[c]));
    std::vector<WordResponse> responses = ResponseMeter(model, texts, look, context).measure(plans, context);
    for (std::size_t r = 0; r < responses.size(); ++r) {
        responses[r].layer = layer;
        responses[r].dose = doses[r];
    }
    return responses;
}

AgreementMeter::AgreementMeter(std::span<const WordResponse> source, const std::shared_ptr<const Model>& target,
                               std::span<const std::string> neutral, std::size_t texts, std::size_t threads,
                               const RunContext& context)
    : source_(source),
      texts_(texts),
      meter_(target, neutral, {.texts = texts, .positions = 1, .threads = threads}, context) {}

const WordResponse& AgreementMeter::source_of(const SearchCandidate& candidate) const {
    return candidate.refinement < source_.size() ? source_[candidate.refinement] : source_.front();
}

std::optional<std::vector<double>> AgreementMeter::measure(std::span<const SearchCandidate> candidates,
                                                           std::span<const Trial> trials, const RunContext& context) {
    std::vector<std::shared_ptr<const SteeringPlan>> plans;
    for (const Trial& trial : trials) plans.push_back(plan_of(candidates[trial.candidate], trial.dose));
    context.begin("agreement of " + std::to_string(plans.size()) + " vectors", "texts", plans.size() * texts_);
    std::vector<double> values;
    for (const WordResponse& response : meter_.measure(plans, context)) {
        const SearchCandidate& candidate = candidates[trials[values.size()].candidate];
        const std::optional<double> value = agreement(source_of(candidate), response);
        if (!value) break;
        values.push_back(*value);
    }
    context.end();
    return values.size() == trials.size() ? std::optional(std::move(values)) : std::nullopt;
}

std::optional<AgreementEvidence> AgreementMeter::evidence(const SearchCandidate& chosen, double dose,
                                                          std::span<const SearchCandidate> shuffled_map,
                                                          std::span<const SearchCandidate> shuffled_labels,
                                                          const RunContext& context) {
    std::vector<SearchCandidate> all = {chosen};
    const std::size_t torn = add_some(all, shuffled_map);
    add_some(all, shuffled_labels);
    const auto values = measure(all, trials_at(std::vector(all.size(), dose)), context);
    if (!values) return std::nullopt;
    const std::span<const double> of_controls = std::span(*values).subspan(1);
    return AgreementEvidence{values->front(), mean_of(of_controls.first(torn)), mean_of(of_controls.subspan(torn))};
}

}  // namespace contrans
