#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/runtime/steering.h"
#include "contrans/serve/concept_choice.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans {

enum class TokenPhase { prompt, generated };

/// What a request's choices come to: which plan holds for which position. Immutable once made.
class RequestSteering {
public:
    using Plan = std::shared_ptr<const SteeringPlan>;
    /// From a position on, until the next segment begins.
    struct Segment {
        std::size_t begin = 0;
        Plan prompt;     ///< for tokens of the prompt; null: unsteered
        Plan generated;  ///< for generated ones
    };

    /// Unsteered.
    RequestSteering() = default;
    /// @param segments rising, the first beginning at 0
    RequestSteering(std::vector<Segment> segments, std::vector<AppliedConcept> applied);

    /// Null: unsteered.
    [[nodiscard]] const Plan& plan_at(std::size_t position, TokenPhase phase) const;
    /// Whether there is a plan for any position.
    [[nodiscard]] bool steers() const;
    [[nodiscard]] std::span<const Segment> segments() const { return segments_; }
    [[nodiscard]] const std::vector<AppliedConcept>& applied() const { return applied_; }

private:
    std::vector<Segment> segments_ = {Segment{}};
    std::vector<AppliedConcept> applied_;
};

/// Whether doses outside of a vector's tested range are refused.
enum class DoseRule { tested_only, any };

/// Throws Error{argument} naming the concept, the rule and the value: a concept that is not on the shelf or named
/// twice, a dose out of range or not finite, a gate without a direction at a layer where it is needed.
[[nodiscard]] RequestSteering steering_of(const ConceptShelf& shelf, std::span<const ConceptChoice> choices,
                                          DoseRule rule = DoseRule::tested_only);

/// A concept's own signal: h·v̂ / unit after its last layer, where `unit` makes it a dose: adding the concept at dose x
/// there raises its signal by x.
struct Probe {
    std::string name;
    LayerIndex layer;
    std::vector<float> direction;  ///< v̂ / unit, [d_model]
};

/// Throws Error{argument} for a concept that is not on the shelf.
[[nodiscard]] std::vector<Probe> probes_of(const ConceptShelf& shelf, std::span<const std::string> names);

}  // namespace contrans
