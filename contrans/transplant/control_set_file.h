#pragma once

#include <filesystem>

#include "contrans/transplant/control_set.h"

namespace contrans {

/// V.gguf → V.controls.gguf.
[[nodiscard]] std::filesystem::path controls_path(const std::filesystem::path& vector_file);

/// Architecture `contrans-controls`, tensors `control.i` [d_target]: read_control_vector() and llama.cpp both refuse
/// it. Throws Error{argument} for a width that is not the target's or a layer that is none of its; else as
/// write_control_vector().
void write_control_set(const ControlSet& controls, const std::filesystem::path& file);

/// Throws Error{io}; Error{format} naming the file and what in it breaks a rule of the format.
[[nodiscard]] ControlSet read_control_set(const std::filesystem::path& file);

}  // namespace contrans
