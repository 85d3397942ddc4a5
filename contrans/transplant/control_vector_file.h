#pragma once

#include <filesystem>

#include "contrans/transplant/control_vector.h"

namespace contrans {

/// Which block the N of another engine's `direction.N` means.
enum class ForeignNumbering {
    as_written,  ///< block N: repeng and most others, and how llama.cpp applies it
    one_late,    ///< block N − 1: llama.cpp's own cvector-generator, which writes one block late
};

/// Writes a control vector that llama.cpp loads: architecture `controlvector`, tensors `direction.N` f32 [d_target] and
/// no other, the rest in `contrans.*` keys, which llama.cpp ignores. `name` is not kept: it is the file's stem.
/// Throws Error{argument} when there is no layer, layers do not rise, one is 0 (the format has none), widths differ or
/// do not fit the target; Error{numeric} for a value that is not finite; Error{io}. Nothing is left half-written.
void write_control_vector(const ControlVector& vector, const std::filesystem::path& file);

/// Reads our own files and other engines'; `numbering` counts for the latter alone, which come without target,
/// provenance, dose and σ. By one_late, layer 0 can occur: steering takes it, write_control_vector() does not. Throws
/// Error{io}; Error{format} naming the file and what in it breaks a rule: another architecture, a tensor that is not
/// `direction.N` with N ≥ 1, none at all, not f32, not of one dimension, of another width, not finite.
[[nodiscard]] ControlVector read_control_vector(const std::filesystem::path& file,
                                                ForeignNumbering numbering = ForeignNumbering::as_written);

}  // namespace contrans
