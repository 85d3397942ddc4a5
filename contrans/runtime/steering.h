#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/layer_index.h"

namespace contrans {

/// What a step does to the state h of a position, with v its vector, û = v / ‖v‖ and a its amount:
enum class SteeringOperator {
    add,               ///< h + v
    project_out,       ///< h − a·(h·û)û: a = 1 takes the direction away, a = 0 leaves h alone
    add_keeping_norm,  ///< ‖h‖·(h + v) / ‖h + v‖
    clamp,             ///< h + (a − h·û)û: the projection on û becomes a
};

/// "add", "project_out", "add_keeping_norm", "clamp".
[[nodiscard]] std::string_view to_string(SteeringOperator op);

/// A step acts only where the state, as the block left it and before any step of the plan, has h·ĝ > threshold.
struct SteeringGate {
    std::vector<float> direction;  ///< ĝ [d_model], of length 1
    double threshold = 0;          ///< in units of the hidden state
};

/// What is done to the residual stream of a sequence at the layers it names, at every position (as llama.cpp's own
/// control vectors do). Immutable once made.
class SteeringPlan {
public:
    struct Step {
        LayerIndex layer;
        std::vector<float> offset;  ///< v [d_model]: what is added, in units of the hidden state, or a direction
        SteeringOperator op = SteeringOperator::add;
        double amount = 1;  ///< a; of project_out (0 to 1) and clamp (units of the hidden state) alone
        std::optional<SteeringGate> gate = std::nullopt;
    };

    /// Steps at one layer act in the order given; neighbours that only add become one. Throws Error{argument} for no
    /// steps, widths that differ or a share taken out that is not in 0..1, Error{numeric} when a value is not finite or
    /// a direction has no length.
    explicit SteeringPlan(std::vector<Step> steps);

    [[nodiscard]] std::span<const Step> steps() const { return steps_; }
    /// The steps at a layer in their order; empty when the plan leaves that layer alone.
    [[nodiscard]] std::span<const Step> steps_at(LayerIndex layer) const;
    [[nodiscard]] LayerIndex deepest_layer() const;
    [[nodiscard]] std::size_t width() const { return steps_.front().offset.size(); }
    /// 64 hexadecimal digits: two plans of one digest do the same.
    [[nodiscard]] const std::string& digest() const { return digest_; }

private:
    std::vector<Step> steps_;  // rising in layer, at least one; directions of project_out and clamp have length 1
    std::string digest_;
};

/// What a plan's steps at one layer do to the state there, in f32 with sums in f64. @param point h [d_model]
void steer(std::span<const SteeringPlan::Step> steps, std::span<float> point);

}  // namespace contrans
