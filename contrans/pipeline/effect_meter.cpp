#include "contrans/pipeline/effect_meter.h"

#include <utility>

#include "contrans/pipeline/neutral_texts.h"
#include "contrans/transplant/candidate.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

constexpr std::size_t kPositions = 3;  // a text's, so that the loss is a mean over enough tokens

}  // namespace

ResponseMeter effect_meter(const std::shared_ptr<const Model>& target, std::size_t threads, const RunContext& context) {
    return {target,
            neutral_development_texts(),
            {.texts = kEffectTexts, .positions = kPositions, .threads = threads},
            context};
}

std::optional<EffectSignature> sign_effect(const std::shared_ptr<const Model>& target, const ControlVector& vector,
                                           std::size_t threads, const RunContext& context) {
    const std::shared_ptr<const SteeringPlan> plan = combined_plan({&vector, 1});
    if (!plan) return std::nullopt;
    ResponseMeter meter = effect_meter(target, threads, context);
    if (meter.n_words() < kFewestSharedWords) return std::nullopt;
    WordResponse response = std::move(meter.measure({&plan, 1}, context).front());
    response.layer = vector.layers.back().layer;
    response.dose = total_dose(vector.layers);
    return EffectSignature{strongest_words(response, kSignatureWords), meter.neutral_loss()};
}

}  // namespace contrans
