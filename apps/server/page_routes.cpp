#include <algorithm>
#include <string>

#include "apps/server/page_assets.h"
#include "apps/server/request_error.h"
#include "apps/server/routes.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

/// Everything from here, no script or style in the page's own text, and no other page may frame it.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void respond(Exchange& exchange, std::string_view name) {
    const auto assets = page_assets();
    const auto asset =
        std::find_if(assets.begin(), assets.end(), [name](const PageAsset& each) { return each.name == name; });
    if (asset == assets.end()) {
        const char* why = assets.empty() ? "this program was built without its page" : "the page has no such file";
        throw RequestError(404, "invalid_request_error", "", std::string(why) + ": " + in_quotes(name));
    }
    exchange.respond({200,
                      std::string(asset->bytes),
                      std::string(asset->content_type),
                      {{"Content-Security-Policy", kContentSecurityPolicy}, {"Referrer-Policy", "no-referrer"}}});
}

}  // namespace

void show_page(const Operation&, Exchange& exchange, RequestRecord&) { respond(exchange, "index.html"); }

void show_asset(const Operation&, Exchange& exchange, RequestRecord&) { respond(exchange, exchange.name()); }

}  // namespace contrans::server
