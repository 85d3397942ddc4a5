#pragma once

namespace contrans {

/// Of the library and its artefacts' writers. CMake reads the project's version from this line.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace contrans
