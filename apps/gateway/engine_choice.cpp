#include "apps/gateway/engine_choice.h"

#include <algorithm>

#include "apps/server/request_error.h"
#include "contrans/core/shortest_number.h"
#include "contrans/core/utf8.h"

namespace contrans::gateway {
namespace {

constexpr std::size_t kMixesShown = 20;

bool adds_everywhere(const ConceptChoice& choice) {
    return choice.op == SteeringOperator::add && choice.tokens == TokenRange::both && choice.after == 0 && !choice.gate;
}

bool fits(const PlannedConcept& has, const WantedConcept& want) {
    return has.name == want.name && (!want.dose || *want.dose == has.dose) &&
           (want.version == 0 || want.version == has.version);
}

/// Names differ on both sides, so that as many that fit are all of them.
bool fits(const Mix& mix, std::span<const WantedConcept> want) {
    return mix.size() == want.size() && std::ranges::all_of(want, [&](const WantedConcept& one) {
               return std::ranges::any_of(mix, [&](const PlannedConcept& has) { return fits(has, one); });
           });
}

}  // namespace

std::vector<WantedConcept> wanted(const Mix& planned) {
    std::vector<WantedConcept> mix;
    for (const PlannedConcept& each : planned) mix.push_back({each.name, each.dose, each.version});
    return mix;
}

std::vector<WantedConcept> wanted(std::span<const ConceptChoice> choices) {
    std::vector<WantedConcept> mix;
    for (const ConceptChoice& choice : choices) {
        if (!adds_everywhere(choice)) {
            throw server::bad_field("concepts",
                                    "engines behind a gateway add a concept to every token: operator, "
                                    "tokens, after and gate cannot be chosen, as " +
                                        in_quotes(choice.name) + " does");
        }
        if (std::ranges::find(mix, choice.name, &WantedConcept::name) != mix.end()) {
            throw server::bad_field("concepts", in_quotes(choice.name) + " is named twice");
        }
        mix.push_back({choice.name, choice.dose});
    }
    return mix;
}

const Engine* engine_for(const Upstreams& upstreams, std::span<const WantedConcept> mix) {
    const auto found =
        std::ranges::find_if(upstreams.engines, [&](const Engine& engine) { return fits(engine.mix, mix); });
    return found == upstreams.engines.end() ? nullptr : &*found;
}

std::string mix_text(const Mix& mix) {
    std::string text;
    for (const PlannedConcept& each : mix) {
        text += (text.empty() ? "" : " + ") + each.name + "@" + shortest_number(each.dose);
        if (each.version != 0) text += " version " + std::to_string(each.version);
    }
    return text.empty() ? "no concepts" : text;
}

std::string mixes_text(const Upstreams& upstreams) {
    std::string text;
    std::size_t shown = 0;
    for (const Engine& engine : upstreams.engines) {
        if (++shown > kMixesShown) return text + "; …";
        text += (text.empty() ? "" : "; ") + engine.name + ": " + mix_text(engine.mix);
    }
    return text;
}

std::vector<AppliedConcept> applied(const Mix& mix) {
    std::vector<AppliedConcept> all;
    for (const PlannedConcept& each : mix) {
        AppliedConcept one;
        one.name = each.name;
        one.dose = each.dose;
        if (each.version != 0) one.version = std::to_string(each.version);
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace contrans::gateway
