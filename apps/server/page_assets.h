#pragma once

#include <span>
#include <string_view>

namespace contrans::server {

/// A file of the operator's page (web/), as it lies in the program.
struct PageAsset {
    std::string_view name;  ///< "page.js"; the page itself is "index.html"
    std::string_view content_type;
    std::string_view bytes;
};

/// Empty where the program was built without the page (CONTRANS_BUILD_PAGE=OFF).
[[nodiscard]] std::span<const PageAsset> page_assets();

}  // namespace contrans::server
