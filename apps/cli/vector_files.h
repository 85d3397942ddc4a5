#pragma once

#include <filesystem>

#include "contrans/transplant/control_set.h"
#include "contrans/transplant/control_vector.h"

namespace contrans::cli {

/// Writes V.gguf and V.controls.gguf: both or neither. Each is first written whole under a passing name in the same
/// folder, then both are renamed. Throws what the two writers throw, and Error{io}.
void write_vector_files(const ControlVector& vector, const ControlSet& controls, const std::filesystem::path& file);

}  // namespace contrans::cli
