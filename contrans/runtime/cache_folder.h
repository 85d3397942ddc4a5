#pragma once

#include <filesystem>

namespace contrans {

/// Where things are kept that can be made again: CONTRANS_CACHE, or ~/.cache/contrans. It need not exist.
[[nodiscard]] std::filesystem::path cache_folder();

}  // namespace contrans
