#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "contrans/core/progress.h"
#include "contrans/evaluation/response_meter.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

/// Development texts that signatures look at.
inline constexpr std::size_t kEffectTexts = 16;

/// The next words that signatures look at: always of the built-in development texts, so that they can be compared.
[[nodiscard]] ResponseMeter effect_meter(const std::shared_ptr<const Model>& target, std::size_t threads,
                                         const RunContext& context);

/// What the vector does to this target; nothing where the vocabulary has too few words to compare by
/// (kFewestSharedWords). Throws what ResponseMeter throws.
[[nodiscard]] std::optional<EffectSignature> sign_effect(const std::shared_ptr<const Model>& target,
                                                         const ControlVector& vector, std::size_t threads,
                                                         const RunContext& context);

}  // namespace contrans
