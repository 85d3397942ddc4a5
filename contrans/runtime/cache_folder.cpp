#include "contrans/runtime/cache_folder.h"

#include <cstdlib>

namespace contrans {

std::filesystem::path cache_folder() {
    if (const char* cache = std::getenv("CONTRANS_CACHE"); cache != nullptr && *cache != '\0') return cache;
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home == nullptr ? "/tmp" : home) / ".cache" / "contrans";
}

}  // namespace contrans
