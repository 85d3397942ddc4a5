#pragma once

#include <string_view>

namespace contrans {

enum class Arm { control, treatment };
/// "control", "treatment".
[[nodiscard]] std::string_view to_string(Arm arm);

/// Where a unit (a user, a session) lies in [0, 1), the same on every machine and after every start: the first 53 bits
/// of SHA-256 over the seed and the unit, each behind its length in eight bytes, highest first.
/// @param seed  of the rollout: another one gives an independent order of the same units.
[[nodiscard]] double place_of(std::string_view seed, std::string_view unit);

/// Treatment where the unit's place lies under the share: as the share grows, units join and none leaves.
/// @param treatment_share  in [0, 1]. Throws Error{argument} for another.
[[nodiscard]] Arm arm_of(std::string_view seed, std::string_view unit, double treatment_share);

}  // namespace contrans
