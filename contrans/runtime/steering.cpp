#include "contrans/runtime/steering.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {

SteeringPlan::SteeringPlan(std::vector<Step> steps) : steps_(std::move(steps)) {
    if (steps_.empty()) throw Error(ErrorKind::argument, "steering: a plan needs at least one layer");
    std::sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) { return a.layer < b.layer; });
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const std::string place = "steering: layer " + std::to_string(steps_[i].layer.value);
        if (i > 0 && steps_[i].layer == steps_[i - 1].layer)
            throw Error(ErrorKind::argument, place + " is named twice");
        if (steps_[i].offset.size() != steps_[0].offset.size()) {
            throw Error(ErrorKind::argument, place + " has width " + std::to_string(steps_[i].offset.size()) +
                                                 ", the first layer " + std::to_string(steps_[0].offset.size()));
        }
        if (!std::all_of(steps_[i].offset.begin(), steps_[i].offset.end(), [](float x) { return std::isfinite(x); })) {
            throw Error(ErrorKind::numeric, place + " has an offset that is not finite");
        }
    }
}

std::span<const float> SteeringPlan::offset_at(LayerIndex layer) const {
    const auto step = std::find_if(steps_.begin(), steps_.end(), [layer](const Step& s) { return s.layer == layer; });
    return step == steps_.end() ? std::span<const float>{} : std::span<const float>(step->offset);
}

LayerIndex SteeringPlan::deepest_layer() const { return steps_.back().layer; }

}  // namespace contrans
