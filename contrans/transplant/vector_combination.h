#pragma once

#include <string>

#include "contrans/transplant/control_vector.h"

namespace contrans {

/// A vector as the provenance of another names it: "smol: happiness from SmolLM2 135M Instruct (llama, b179c952) layer
/// 22, token-plain, at 14 dose 0.41"; of another engine's file only its name and layers.
[[nodiscard]] std::string describe_part(const ControlVector& vector);

}  // namespace contrans
