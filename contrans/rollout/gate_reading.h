#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "contrans/rollout/rollout_plan.h"
#include "contrans/rollout/sequential_test.h"

namespace contrans {

/// What the two arms have shown of a gate in a stage; each user counts once.
struct ArmTallies {
    Tally treatment;
    Tally control;
};

enum class GateState {
    no_data,  ///< an arm that is compared has shown nothing
    waiting,  ///< fewer users than the plan asks for
    passed,   ///< enough users, and nothing was shown to be worse
    failed,   ///< worse than the gate allows, at the plan's α
};
[[nodiscard]] std::string_view to_string(GateState state);

struct GateReading {
    std::string name;  ///< gate_name(), or kSampleRatio
    GateState state = GateState::no_data;
    ArmTallies tallies;
    double low = -1, high = 1;  ///< of treatment − control, or of the treatment's mean alone: valid at every look
    double limit = 0;           ///< margin or most
    double log_evidence = 0;    ///< against the gate being held; it fails at ln(1/α)
};

/// The split itself, which is read like a gate: users in each arm against the plan's share.
inline constexpr std::string_view kSampleRatio = "sample_ratio";
/// The gate name under which each user of a stage is counted once, whatever was measured.
inline constexpr std::string_view kAssigned = "assigned";

/// What has been counted of a gate name in the stage.
using TalliesOf = std::function<ArmTallies(const std::string& gate)>;

/// Every gate that applies to the stage, and the sample ratio of one that splits. @param tallies  asked for kAssigned
/// too
[[nodiscard]] std::vector<GateReading> read_gates(const RolloutPlan& plan, std::size_t stage, const TalliesOf& tallies);

/// The first that failed; empty: none.
[[nodiscard]] std::string first_failed(const std::vector<GateReading>& readings);
/// The first that has not passed, with its state; empty: all have.
[[nodiscard]] std::string first_not_passed(const std::vector<GateReading>& readings);

}  // namespace contrans
