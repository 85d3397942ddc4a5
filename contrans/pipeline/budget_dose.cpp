#include "contrans/pipeline/budget_dose.h"

#include <memory>

#include "contrans/runtime/steering.h"

namespace contrans {

std::vector<double> damage_of_trials(std::span<const SearchCandidate> candidates, std::span<const Trial> trials,
                                     DamageMeter& damage, const std::string& label, const RunContext& context) {
    std::vector<std::shared_ptr<const SteeringPlan>> plans;
    for (const Trial& trial : trials) plans.push_back(plan_of(candidates[trial.candidate], trial.dose));
    context.begin(label + "damage of " + std::to_string(trials.size()) + " trials", "texts",
                  trials.size() * damage.n());
    std::vector<double> kl;
    for (const Damage& d : damage.measure(plans, context)) kl.push_back(d.kl_nats);
    context.end();
    return kl;
}

std::vector<Contender> contenders_of(std::span<const SearchCandidate> candidates) {
    std::vector<Contender> contenders;
    for (const SearchCandidate& candidate : candidates)
        contenders.push_back({layer_set(candidate), candidate.refinement, candidate.fit});
    return contenders;
}

std::vector<double> budget_doses(std::span<const SearchCandidate> candidates, DamageMeter& damage, double budget_nats,
                                 const RunContext& context) {
    const auto measure = [&](std::span<const Trial> trials) {
        return damage_of_trials(candidates, trials, damage, "", context);
    };
    return doses_at_budget(contenders_of(candidates), {{}, measure}, budget_nats);
}

}  // namespace contrans
