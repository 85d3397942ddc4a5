#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "contrans/core/line_reader.h"

namespace contrans {

/// Calls `visit` with the object on each line that is not blank. Values nest at most 32 deep, so that recursing over
/// one is safe. Throws what LineReader throws, and Error{format} naming file and line for malformed JSON, a value that
/// is no object, deeper nesting, or a key given twice; what `visit` throws passes through.
void read_json_lines(const std::filesystem::path& file,
                     const std::function<void(const nlohmann::json& object, const LinePlace& place)>& visit);

}  // namespace contrans
