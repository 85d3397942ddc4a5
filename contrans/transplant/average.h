#pragma once

#include <span>
#include <string>

#include "contrans/transplant/control_vector.h"

namespace contrans {

/// One vector of several that steer the same model, for example one concept carried from several small teachers. At
/// every layer that all of them steer:
///
///   offset = (mean_i ‖v_i‖) · u / ‖u‖,   u = Σ_i v_i / ‖v_i‖,
///
/// so that each has the same say whatever its dose, and the dose is the mean of theirs: every ‖v_i‖ at a layer is in
/// units of the same σ. Other layers are left out. The parts stand in `combination`; there is no provenance, which
/// would name one source.
/// @param name  the new vector's
/// Throws Error{argument} for fewer than two vectors, different widths, no layer in common, or doses of opposite sign
/// (one steers away from the concept); Error{model} for different targets, unless `policy` allows; Error{numeric} for
/// an offset of no length or a sum that cancels.
[[nodiscard]] ControlVector average(std::span<const ControlVector> vectors, const std::string& name,
                                    IdentityMismatch policy);

}  // namespace contrans
