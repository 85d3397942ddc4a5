#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/cli/session.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/reading_options.h"

namespace contrans::cli {

/// When to measure which way of reading is fastest: `once`, where a long run pays for it and nothing is remembered; or
/// `now`.
enum class Tuning { once, now };

/// How to read these texts: as remembered for this model on this machine, as measured, or as usual. What is measured is
/// remembered, and said in a note.
[[nodiscard]] ReadingOptions choose_reading(Session& session, const std::shared_ptr<const Model>& model,
                                            const std::vector<std::string>& texts, Tuning tuning);

/// What the first rank remembers, or the usual way: the same on all ranks, as states differ by rounding between ways.
[[nodiscard]] ReadingOptions agreed_reading(const Session& session, const Model& model);

}  // namespace contrans::cli
