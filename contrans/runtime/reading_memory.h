#pragma once

#include <optional>
#include <string>

#include "contrans/runtime/reading_options.h"

namespace contrans {

/// What was measured to read fastest, kept in `reading.json` of the cache folder. `key` says of which model, weights,
/// processor and number of threads. Nothing for a key not known, or where the file cannot be read.
[[nodiscard]] std::optional<ReadingOptions> recall_reading(const std::string& key);

/// Keeps it for later runs; a file that cannot be written is no error.
void remember_reading(const std::string& key, const ReadingOptions& reading);

}  // namespace contrans
