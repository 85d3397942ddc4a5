#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "contrans/transplant/control_vector.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {

/// A vector as it is asked for: `V.gguf` as written, or `V.gguf=0.4` at another dose (in σ; negative: away from the
/// concept).
struct DosedFile {
    std::filesystem::path file;
    std::optional<double> dose;
};

/// A file whose name holds "=" is found first. Throws Error{argument} when what follows the last "=" is no number.
[[nodiscard]] DosedFile parse_dosed_file(const std::string& text);

/// The file's vector, its offsets multiplied by DOSE / the layer's own dose where one is asked for.
/// Throws what read_control_vector throws, and Error{argument} for a dose where the file knows none.
[[nodiscard]] ControlVector read_dosed_vector(const DosedFile& wanted, ForeignNumbering numbering);

/// "as-written" or "one-late". Throws Error{argument} for another name.
[[nodiscard]] ForeignNumbering parse_numbering(const std::string& name);

/// What is said of another engine's file, whose layers were read by the numbering of that name.
[[nodiscard]] std::string foreign_text(const std::string& numbering);

}  // namespace contrans::cli
