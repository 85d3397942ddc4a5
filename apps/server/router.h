#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/server/exchange.h"
#include "apps/server/operation.h"

namespace contrans::server {

/// Answers one request; fills the record as far as it gets. Throws RequestError and Error before anything was answered.
using RouteAnswer = std::function<void(Exchange&, RequestRecord&)>;

struct Route {
    std::string_view method;
    std::string_view path;  ///< ending in "/": with a name behind it; "/" alone: itself
    /// `open`: no key is asked for.
    enum class Access { open, call, load, administer } access;
    RouteAnswer answer;
};

/// The route of a method and path. Throws RequestError: 404 for a path that does not exist, 405 for another method.
[[nodiscard]] const Route& route_of(std::span<const Route> routes, std::string_view method, std::string_view path);

/// What follows a route's path: "happy" of "/v1/concepts/happy", percent-decoded. Throws RequestError 400 for a broken
/// escape.
[[nodiscard]] std::string name_behind(const Route& route, std::string_view path);

/// Throws RequestError 403 for a request that a browser sends from a page of another origin: where no key is asked for,
/// a web page could use the server on its reader's own machine.
void refuse_other_origins(const HttpRequest& request);

/// Gives each request to its route. Used by many threads at a time.
class Router {
public:
    /// @param operation  outlives this
    Router(const Operation& operation, std::vector<Route> routes) : operation_(operation), routes_(std::move(routes)) {}

    /// Finds the route, checks the key, answers, and records what was done. Never throws.
    void serve(Exchange& exchange) const;

private:
    [[nodiscard]] bool is_audited(const RequestRecord& record) const;
    void answer(Exchange& exchange, RequestRecord& record) const;
    void answer_or_refuse(Exchange& exchange, RequestRecord& record) const;

    const Operation& operation_;
    std::vector<Route> routes_;
};

}  // namespace contrans::server
