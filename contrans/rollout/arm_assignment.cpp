#include "contrans/rollout/arm_assignment.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"

namespace contrans {
namespace {

// Lengths in front keep ("ab", "c") and ("a", "bc") apart.
void append_with_length(std::string& bytes, std::string_view text) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>((static_cast<std::uint64_t>(text.size()) >> shift) & 0xFF);
    }
    bytes += text;
}

}  // namespace

std::string_view to_string(Arm arm) { return arm == Arm::treatment ? "treatment" : "control"; }

double place_of(std::string_view seed, std::string_view unit) {
    std::string bytes;
    bytes.reserve(16 + seed.size() + unit.size());
    append_with_length(bytes, seed);
    append_with_length(bytes, unit);
    return std::ldexp(static_cast<double>(short_hash(bytes) >> 11), -53);
}

Arm arm_of(std::string_view seed, std::string_view unit, double treatment_share) {
    if (!(treatment_share >= 0 && treatment_share <= 1)) {
        throw Error(ErrorKind::argument,
                    "arm_of: the share must lie in [0, 1], not " + std::to_string(treatment_share));
    }
    return place_of(seed, unit) < treatment_share ? Arm::treatment : Arm::control;
}

}  // namespace contrans
