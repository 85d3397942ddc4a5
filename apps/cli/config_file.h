#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

namespace contrans::cli {

/// Gives the command's options that were not typed the file's values: lines of `name = value`, `name = [value, …]`,
/// `name = true` for a flag, names as on the command line without "--"; "#" begins a comment (TOML's plain part, which
/// CLI11 reads). Called once the command line was read, by a command that checks what it needs itself: CLI11 misses
/// required options before a file could give them. Throws Error{io} when the file cannot be read, Error{format} naming
/// the file and the option for one that is unknown or has a value that its check refuses.
void apply_config_file(CLI::App& command, const std::filesystem::path& file);

}  // namespace contrans::cli
