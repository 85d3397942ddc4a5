#include "apps/server/page_assets.h"

#include <array>

// cmake/embed_file.cmake compiles what scripts/build-page made.
namespace contrans::embedded {
std::string_view page_index_html();
std::string_view page_assets_page_js();
std::string_view page_assets_page_css();
std::string_view page_assets_chart_js();
std::string_view page_assets_icon_svg();
}  // namespace contrans::embedded

namespace contrans::server {

std::span<const PageAsset> page_assets() {
    static const std::array<PageAsset, 5> assets{{
        {"index.html", "text/html; charset=utf-8", embedded::page_index_html()},
        {"page.js", "text/javascript; charset=utf-8", embedded::page_assets_page_js()},
        {"page.css", "text/css; charset=utf-8", embedded::page_assets_page_css()},
        {"chart.js", "text/javascript; charset=utf-8", embedded::page_assets_chart_js()},
        {"icon.svg", "image/svg+xml", embedded::page_assets_icon_svg()},
    }};
    return assets;
}

}  // namespace contrans::server
