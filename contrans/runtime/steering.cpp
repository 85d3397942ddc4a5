#include "contrans/runtime/steering.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

using Step = SteeringPlan::Step;
using enum SteeringOperator;

std::string place_of(const Step& step) { return "steering: layer " + std::to_string(step.layer.value); }

bool all_finite(std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

/// h·û
double along(std::span<const float> point, std::span<const float> unit) { return dot(point, unit); }

/// point + factor · direction
void add_scaled(std::span<float> point, double factor, std::span<const float> direction) {
    const auto f = static_cast<float>(factor);
    for (std::size_t i = 0; i < point.size(); ++i) point[i] += f * direction[i];
}

bool names_a_direction(const Step& step) { return step.op == project_out || step.op == clamp; }

bool only_adds(const Step& step) { return step.op == add && !step.gate; }

void require_width(const Step& step, std::span<const float> values, std::size_t width) {
    if (values.size() == width) return;
    throw Error(ErrorKind::argument, place_of(step) + " has width " + std::to_string(values.size()) +
                                         ", the first layer " + std::to_string(width));
}

void require_finite(const Step& step) {
    if (!all_finite(step.offset)) throw Error(ErrorKind::numeric, place_of(step) + " has an offset that is not finite");
    const bool gate_finite = !step.gate || (all_finite(step.gate->direction) && std::isfinite(step.gate->threshold));
    if (!std::isfinite(step.amount) || !gate_finite) {
        throw Error(ErrorKind::numeric, place_of(step) + " has an amount or a gate that is not finite");
    }
}

void require_usable(const Step& step, std::size_t width) {
    require_width(step, step.offset, width);
    if (step.gate) require_width(step, step.gate->direction, width);
    require_finite(step);
    if (step.op == project_out && !(step.amount >= 0 && step.amount <= 1)) {
        throw Error(ErrorKind::argument,
                    place_of(step) + ": the share taken out must be in 0 to 1, got " + std::to_string(step.amount));
    }
}

void make_unit(const Step& step, std::vector<float>& direction) {
    const double length = norm(std::span<const float>(direction));
    if (!(length > 0)) throw Error(ErrorKind::numeric, place_of(step) + " has a direction without length");
    for (float& x : direction) x = static_cast<float>(static_cast<double>(x) / length);
}

/// Neighbours that only add become one; the rest stays in order.
std::vector<Step> merged(std::vector<Step> steps) {
    std::vector<Step> result;
    for (Step& step : steps) {
        const bool joins =
            !result.empty() && result.back().layer == step.layer && only_adds(result.back()) && only_adds(step);
        if (!joins) {
            result.push_back(std::move(step));
            continue;
        }
        std::vector<float>& sum = result.back().offset;
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += step.offset[i];
        require_finite(result.back());
    }
    return result;
}

template <class Value>
void digest_value(Sha256& digest, const Value& value) {
    digest.update(std::as_bytes(std::span(&value, 1)));
}

std::string digest_of(std::span<const Step> steps) {
    Sha256 digest;
    for (const Step& step : steps) {
        digest_value(digest, step.layer.value);
        digest_value(digest, step.op);
        digest_value(digest, step.amount);
        digest.update(std::as_bytes(std::span(step.offset)));
        digest_value(digest, step.gate ? step.gate->direction.size() : std::size_t{0});
        if (!step.gate) continue;
        digest_value(digest, step.gate->threshold);
        digest.update(std::as_bytes(std::span(step.gate->direction)));
    }
    return digest.hex_digest();
}

void add_keeping_the_norm(std::span<float> point, std::span<const float> offset) {
    const double before = norm(std::span<const float>(point));
    add_scaled(point, 1, offset);
    const double after = norm(std::span<const float>(point));
    if (!(after > 0)) return;
    const auto factor = static_cast<float>(before / after);
    for (float& x : point) x *= factor;
}

void apply(const Step& step, std::span<float> point) {
    switch (step.op) {
        case add:
            add_scaled(point, 1, step.offset);
            break;
        case project_out:
            add_scaled(point, -step.amount * along(point, step.offset), step.offset);
            break;
        case add_keeping_norm:
            add_keeping_the_norm(point, step.offset);
            break;
        case clamp:
            add_scaled(point, step.amount - along(point, step.offset), step.offset);
            break;
    }
}

bool lets_pass(const Step& step, std::span<const float> point) {
    return !step.gate || along(point, step.gate->direction) > step.gate->threshold;
}

}  // namespace

std::string_view to_string(SteeringOperator op) {
    switch (op) {
        case add:
            return "add";
        case project_out:
            return "project_out";
        case add_keeping_norm:
            return "add_keeping_norm";
        case clamp:
            return "clamp";
    }
    return "";
}

SteeringPlan::SteeringPlan(std::vector<Step> steps) {
    if (steps.empty()) throw Error(ErrorKind::argument, "steering: a plan needs at least one layer");
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.layer < b.layer; });
    for (Step& step : steps) {
        require_usable(step, steps.front().offset.size());
        if (names_a_direction(step)) {
            make_unit(step, step.offset);
        } else {
            step.amount = 1;
        }
        if (step.gate) make_unit(step, step.gate->direction);
    }
    steps_ = merged(std::move(steps));
    digest_ = digest_of(steps_);
}

std::span<const Step> SteeringPlan::steps_at(LayerIndex layer) const {
    const auto found = std::ranges::equal_range(steps_, layer, {}, &Step::layer);
    return {found.begin(), found.end()};
}

LayerIndex SteeringPlan::deepest_layer() const { return steps_.back().layer; }

void steer(std::span<const Step> steps, std::span<float> point) {
    if (steps.size() == 1) {
        if (lets_pass(steps.front(), point)) apply(steps.front(), point);
        return;
    }
    // Gates look at the state before any step, so all are read first.
    std::vector<const Step*> open;
    open.reserve(steps.size());
    for (const Step& step : steps) {
        if (lets_pass(step, point)) open.push_back(&step);
    }
    for (const Step* step : open) apply(*step, point);
}

}  // namespace contrans
