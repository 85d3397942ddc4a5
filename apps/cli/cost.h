#pragma once

#include <filesystem>

namespace contrans::cli {

/// Writes what this process has taken so far, as JSON: "seconds" as given, "processor_seconds" of all threads, "tokens"
/// that were decoded, "peak_bytes" of memory, mapped weights included. Throws Error{io}.
void write_cost(double seconds, const std::filesystem::path& file);

}  // namespace contrans::cli
