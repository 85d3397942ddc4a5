#include "apps/server/router.h"

#include "apps/server/routes.h"
#include "gtest/gtest.h"
#include "tests/server/expect_refusal.h"

namespace contrans::server {
namespace {

using testing::refuses;

/// Of `contrans serve`.
const Route& route_of(std::string_view method, std::string_view path) {
    static const std::vector<Route> routes = routes_to(nullptr);
    return server::route_of(routes, method, path);
}

TEST(Router, finds_routes_by_method_and_path) {
    EXPECT_EQ(route_of("POST", "/v1/chat/completions").access, Route::Access::call);
    EXPECT_EQ(route_of("GET", "/v1/concepts").access, Route::Access::call);
    EXPECT_EQ(route_of("POST", "/v1/concepts").access, Route::Access::load);
    EXPECT_EQ(route_of("DELETE", "/v1/concepts/happy").access, Route::Access::load);
    EXPECT_EQ(route_of("GET", "/metrics").access, Route::Access::administer);
    EXPECT_EQ(route_of("GET", "/v1/vector-files").access, Route::Access::load);
    EXPECT_EQ(route_of("GET", "/v1/conflicts").access, Route::Access::call);
    EXPECT_EQ(route_of("GET", "/v1/audit").access, Route::Access::administer);
    EXPECT_EQ(route_of("GET", "/v1/audit/verify").access, Route::Access::administer);
    EXPECT_EQ(route_of("GET", "/health").access, Route::Access::open);
    EXPECT_EQ(route_of("GET", "/").access, Route::Access::open);
    EXPECT_EQ(route_of("GET", "/assets/page.js").access, Route::Access::open);
}

TEST(Router, says_what_does_not_exist) {
    EXPECT_TRUE(refuses({404, ""}, [] { (void)route_of("GET", "/index.html"); }));
    EXPECT_TRUE(refuses({404, ""}, [] { (void)route_of("GET", "/assets/"); }));
    EXPECT_TRUE(refuses({405, ""}, [] { (void)route_of("POST", "/"); }));
    EXPECT_TRUE(refuses({404, ""}, [] { (void)route_of("GET", "/v1/chat/completions/"); }));
    EXPECT_TRUE(refuses({404, ""}, [] { (void)route_of("DELETE", "/v1/concepts/"); }));
    EXPECT_TRUE(refuses({404, ""}, [] { (void)route_of("GET", "/v1/../metrics"); }));
    EXPECT_TRUE(refuses({405, ""}, [] { (void)route_of("GET", "/v1/chat/completions"); }));
    EXPECT_TRUE(refuses({405, ""}, [] { (void)route_of("OPTIONS", "/v1/models"); }));
}

TEST(Router, names_behind_a_path_are_decoded) {
    const Route& route = route_of("GET", "/v1/concepts/x");
    EXPECT_EQ(name_behind(route, "/v1/concepts/happy"), "happy");
    EXPECT_EQ(name_behind(route, "/v1/concepts/a%2Bb%C3%a9"), "a+b\xC3\xA9");
    for (const char* broken : {"/v1/concepts/a%", "/v1/concepts/a%2", "/v1/concepts/a%zz", "/v1/concepts/a%-1"}) {
        EXPECT_TRUE(refuses({400, "path"}, [&] { (void)name_behind(route, broken); })) << broken;
    }
}

TEST(Router, pages_of_other_origins_are_refused) {
    HttpRequest request;
    request.host = "127.0.0.1:8080";
    EXPECT_NO_THROW(refuse_other_origins(request));
    request.origin = "http://127.0.0.1:8080";
    EXPECT_NO_THROW(refuse_other_origins(request));
    for (const char* origin : {"http://evil.example", "null", "http://127.0.0.1:80800", "http://x127.0.0.1:8080"}) {
        request.origin = origin;
        EXPECT_TRUE(refuses({403, ""}, [&] { refuse_other_origins(request); })) << origin;
    }
}

}  // namespace
}  // namespace contrans::server
