#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "apps/server/exchange.h"
#include "apps/server/service.h"

namespace contrans::server {

/// Answers one request; fills the record as far as it gets. Throws RequestError and Error before anything was answered.
using RouteAnswer = void (*)(const Service&, Exchange&, RequestRecord&);

struct Route {
    std::string_view method;
    std::string_view path;  ///< ending in "/": with a name behind it; "/" alone: itself
    /// `open`: no key is asked for.
    enum class Access { open, call, load, administer } access;
    RouteAnswer answer;
};

/// The route of a method and path. Throws RequestError: 404 for a path that does not exist, 405 for another method.
[[nodiscard]] const Route& route_of(std::string_view method, std::string_view path);

/// What follows a route's path: "happy" of "/v1/concepts/happy", percent-decoded. Throws RequestError 400 for a broken
/// escape.
[[nodiscard]] std::string name_behind(const Route& route, std::string_view path);

/// Throws RequestError 403 for a request that a browser sends from a page of another origin: where no key is asked for,
/// a web page could use the server on its reader's own machine.
void refuse_other_origins(const HttpRequest& request);

/// Finds the route, checks the key, answers, and records what was done. Never throws.
void serve_request(const Service& service, Exchange& exchange);

}  // namespace contrans::server
