#pragma once

#include <filesystem>
#include <initializer_list>

namespace contrans::cli {

/// Asks before long work whether `out` can be written; nothing is left there. Throws Error{io} when its folder is
/// missing or takes no file, or `out` is no regular file; Error{argument} when it is one of the files to be read.
void require_writable(const std::filesystem::path& out, std::initializer_list<std::filesystem::path> inputs = {});

}  // namespace contrans::cli
