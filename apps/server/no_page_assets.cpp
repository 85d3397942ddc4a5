#include "apps/server/page_assets.h"

namespace contrans::server {

std::span<const PageAsset> page_assets() { return {}; }

}  // namespace contrans::server
