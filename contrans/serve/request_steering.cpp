#include "contrans/serve/request_steering.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

using Step = SteeringPlan::Step;
using Served = std::shared_ptr<const ServedConcept>;

/// A choice with all that it names looked up.
struct Resolved {
    ConceptChoice asked;
    Served served;
    double dose = 0;
    std::vector<Step> steps;
};

Error refused(const std::string& name, const std::string& text) {
    return {ErrorKind::argument, "concept " + in_quotes(name) + ": " + text};
}

Served found_on(const ConceptShelf& shelf, const std::string& name) {
    Served served = shelf.find(name);
    if (!served) throw refused(name, "is not loaded");
    return served;
}

/// What one unit of dose is at a layer, in units of the hidden state along the vector.
double unit_of(const ControlLayer& layer) { return layer.sigma > 0 ? layer.sigma : norm(std::span(layer.offset)); }

/// The concept's direction of length 1: the vector's own, turned round where its usual dose steers away.
std::vector<float> direction_of(const ServedConcept& served, const ControlLayer& layer) {
    const double length = norm(std::span(layer.offset));
    const double factor = length > 0 ? (served.doses.usual < 0 ? -1 : 1) / length : 0;
    std::vector<float> direction = layer.offset;
    for (float& x : direction) x = static_cast<float>(static_cast<double>(x) * factor);
    return direction;
}

double dose_of(const ConceptChoice& choice, const ServedConcept& served) {
    if (choice.dose) return *choice.dose;
    return choice.op == SteeringOperator::project_out ? 1 : served.doses.usual;
}

void require_dose(const ConceptChoice& choice, const DoseRange& tested, double dose, DoseRule rule) {
    if (!std::isfinite(dose)) throw refused(choice.name, "the dose must be a finite number");
    const bool share = choice.op == SteeringOperator::project_out;
    if (!share && rule == DoseRule::any) return;
    const double lowest = share ? 0 : tested.lowest;
    const double highest = share ? 1 : tested.highest;
    const double rounding = 1e-9 * std::max(std::abs(lowest), std::abs(highest));
    if (dose >= lowest - rounding && dose <= highest + rounding) return;
    throw refused(choice.name, "the dose" + std::string(share ? " of project_out" : "") + " must be " +
                                   fixed(lowest, 4) + " to " + fixed(highest, 4) +
                                   (share ? "" : ", the range it was tested in") + ", got " + fixed(dose, 4));
}

std::optional<SteeringGate> gate_at(const ConceptShelf& shelf, const ConceptChoice& choice, LayerIndex layer) {
    if (!choice.gate) return std::nullopt;
    const Served gate = found_on(shelf, choice.gate->concept_name);
    const auto at = std::ranges::find(gate->vector.layers, layer, &ControlLayer::layer);
    if (at == gate->vector.layers.end()) {
        throw refused(choice.name, "its gate " + in_quotes(gate->name) + " has no direction at layer " +
                                       std::to_string(layer.value));
    }
    if (!std::isfinite(choice.gate->threshold)) throw refused(choice.name, "the gate's threshold must be finite");
    return SteeringGate{direction_of(*gate, *at), choice.gate->threshold * unit_of(*at)};
}

/// The vector as written is its usual dose, shared out over its layers; another dose scales all of them alike.
Step step_of(const ConceptChoice& choice, const ControlLayer& layer, double dose, double factor) {
    Step step{layer.layer, layer.offset, choice.op, 1, std::nullopt};
    if (choice.op == SteeringOperator::project_out) {
        step.amount = dose;
    } else if (choice.op == SteeringOperator::clamp) {
        step.amount = factor * norm(std::span(layer.offset));
    } else {
        for (float& x : step.offset) x = static_cast<float>(static_cast<double>(x) * factor);
    }
    return step;
}

bool adds_nothing(const ConceptChoice& choice, double dose) {
    return dose == 0 && choice.op != SteeringOperator::clamp;
}

Resolved resolve(const ConceptShelf& shelf, const ConceptChoice& choice, DoseRule rule) {
    Resolved resolved{choice, found_on(shelf, choice.name), 0, {}};
    const ServedConcept& served = *resolved.served;
    resolved.dose = dose_of(choice, served);
    require_dose(choice, served.doses, resolved.dose, rule);
    const double factor = resolved.dose / served.doses.usual;
    for (const ControlLayer& layer : served.vector.layers) {
        Step step = step_of(choice, layer, resolved.dose, factor);
        step.gate = gate_at(shelf, choice, layer.layer);
        if (!adds_nothing(choice, resolved.dose)) resolved.steps.push_back(std::move(step));
    }
    return resolved;
}

AppliedConcept applied_of(const Resolved& resolved) {
    const ServedConcept& served = *resolved.served;
    AppliedConcept applied{.name = served.name,
                           .dose = resolved.dose,
                           .coefficient = 0,
                           .layers = {},
                           .op = resolved.asked.op,
                           .tokens = resolved.asked.tokens,
                           .after = resolved.asked.after,
                           .gate = resolved.asked.gate,
                           .sha256 = served.sha256};
    for (const ControlLayer& layer : served.vector.layers) applied.layers.push_back(layer.layer);
    const bool adds = applied.op == SteeringOperator::add || applied.op == SteeringOperator::add_keeping_norm;
    if (adds && !served.vector.layers.empty()) {
        applied.coefficient = served.vector.layers.front().coefficient * resolved.dose / served.doses.usual;
    }
    return applied;
}

void require_told_apart(std::span<const ConceptChoice> choices) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const ConceptChoice& a = choices[i];
            const ConceptChoice& b = choices[j];
            if (a.name == b.name && a.op == b.op && a.tokens == b.tokens && a.after == b.after) {
                throw refused(a.name, "is named twice with the same operator for the same tokens");
            }
        }
    }
}

RequestSteering::Plan plan_of(const std::vector<Resolved>& all, std::size_t position, TokenRange left_out) {
    std::vector<Step> steps;
    for (const Resolved& one : all) {
        if (one.asked.after > position || one.asked.tokens == left_out) continue;
        steps.insert(steps.end(), one.steps.begin(), one.steps.end());
    }
    return steps.empty() ? nullptr : std::make_shared<const SteeringPlan>(std::move(steps));
}

RequestSteering::Segment segment_from(const std::vector<Resolved>& all, std::size_t begin) {
    RequestSteering::Segment segment{begin, plan_of(all, begin, TokenRange::generated),
                                     plan_of(all, begin, TokenRange::prompt)};
    const bool alike = segment.prompt && segment.generated && segment.prompt->digest() == segment.generated->digest();
    if (alike) segment.generated = segment.prompt;
    return segment;
}

}  // namespace

std::string to_string(TokenRange tokens) {
    switch (tokens) {
        case TokenRange::prompt:
            return "prompt";
        case TokenRange::generated:
            return "generated";
        case TokenRange::both:
            return "both";
    }
    return "";
}

RequestSteering::RequestSteering(std::vector<Segment> segments, std::vector<AppliedConcept> applied)
    : segments_(std::move(segments)), applied_(std::move(applied)) {
    if (segments_.empty() || segments_.front().begin != 0) {
        throw Error(ErrorKind::argument, "steering of a request: the first segment must begin at position 0");
    }
}

const RequestSteering::Plan& RequestSteering::plan_at(std::size_t position, TokenPhase phase) const {
    const auto after = std::ranges::upper_bound(segments_, position, {}, &Segment::begin);
    const Segment& segment = *std::prev(after);
    return phase == TokenPhase::prompt ? segment.prompt : segment.generated;
}

bool RequestSteering::steers() const {
    return std::ranges::any_of(segments_, [](const Segment& segment) { return segment.prompt || segment.generated; });
}

RequestSteering steering_of(const ConceptShelf& shelf, std::span<const ConceptChoice> choices, DoseRule rule) {
    require_told_apart(choices);
    std::vector<Resolved> resolved;
    std::vector<AppliedConcept> applied;
    std::set<std::size_t> begins = {0};
    for (const ConceptChoice& choice : choices) {
        resolved.push_back(resolve(shelf, choice, rule));
        applied.push_back(applied_of(resolved.back()));
        begins.insert(choice.after);
    }
    std::vector<RequestSteering::Segment> segments;
    for (const std::size_t begin : begins) segments.push_back(segment_from(resolved, begin));
    return {std::move(segments), std::move(applied)};
}

std::vector<Probe> probes_of(const ConceptShelf& shelf, std::span<const std::string> names) {
    std::vector<Probe> probes;
    for (const std::string& name : names) {
        const Served served = found_on(shelf, name);
        const ControlLayer& layer = served->vector.layers.back();
        Probe probe{name, layer.layer, direction_of(*served, layer)};
        const auto factor = static_cast<float>(1 / unit_of(layer));
        for (float& x : probe.direction) x *= factor;
        probes.push_back(std::move(probe));
    }
    return probes;
}

}  // namespace contrans
