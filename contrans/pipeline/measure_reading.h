#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/reading_options.h"

namespace contrans {

struct ReadingTrial {
    ReadingOptions reading;
    double tokens_per_second = 0;  ///< the better of two rounds
};

/// Reads some of the texts, 2,048 tokens a thread, through all blocks but the last, in several ways in turn: batches of
/// 256 to 1,024 rows with engines of one thread, and one engine with all threads. The first trial is the default way.
/// @param threads  0: one for each usable processor. Throws what harvest_tokens throws.
[[nodiscard]] std::vector<ReadingTrial> try_readings(const std::shared_ptr<const Model>& model,
                                                     std::span<const std::string> texts, std::size_t threads,
                                                     const RunContext& context);

/// The first trial's way, unless another was 5% faster: less than that may be chance.
[[nodiscard]] ReadingTrial fastest(std::span<const ReadingTrial> trials);

}  // namespace contrans
