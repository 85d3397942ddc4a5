#include "apps/server/router.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "apps/server/error_answer.h"
#include "apps/server/percent_encoding.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

using Access = Route::Access;

bool fits(const Route& route, std::string_view path) {
    if (route.path == "/" || !route.path.ends_with('/')) return path == route.path;
    return path.starts_with(route.path) && path.size() > route.path.size();
}

Role role_for(Access access) {
    if (access == Access::load) return Role::load;
    return access == Access::administer ? Role::administer : Role::call;
}

/// Where the request's field of an error of the library is to be looked for: none is known here.
RequestError refusal_of(const Error& error, RequestRecord& record) {
    const RequestError refusal = request_error_of(error, "");
    if (refusal.status() >= 500) record.failure = error.what();
    return refusal;
}

void refuse(Exchange& exchange, RequestRecord& record, const RequestError& error) {
    record.refused_field = error.param().empty() ? error.code() : error.param();
    if (exchange.status() == 0) exchange.respond(error_response(error));
}

}  // namespace

const Route& route_of(std::span<const Route> routes, std::string_view method, std::string_view path) {
    bool known = false;
    for (const Route& route : routes) {
        if (!fits(route, path)) continue;
        if (route.method == method) return route;
        known = true;
    }
    if (!known) throw RequestError(404, "invalid_request_error", "", "there is no route " + in_quotes(path));
    throw RequestError(405, "invalid_request_error", "", in_quotes(path) + " does not take " + in_quotes(method));
}

std::string name_behind(const Route& route, std::string_view path) {
    return percent_decoded(path.substr(route.path.size()), "path");
}

void refuse_other_origins(const HttpRequest& request) {
    const bool own = request.origin.ends_with("://" + request.host);
    if (request.origin.empty() || own) return;
    throw RequestError(403, "permission_error", "", "pages of other origins are not answered");
}

/// Requests for an answer; those turned away for their key or origin stand in the log alone, as anybody can send any
/// number of them.
bool Router::is_audited(const RequestRecord& record) const {
    if (operation_.audit == nullptr || record.status == 401 || record.status == 403) return false;
    const auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& each) {
        return record.route == std::string(each.method) + " " + std::string(each.path);
    });
    return route != routes_.end() && route->method == "POST" && route->access == Access::call;
}

void Router::answer(Exchange& exchange, RequestRecord& record) const {
    const HttpRequest& request = exchange.request();
    const Route& route = route_of(routes_, request.method, request.path);
    record.route = std::string(route.method) + " " + std::string(route.path);
    refuse_other_origins(request);
    if (route.access != Access::open) {
        record.key_name = operation_.keys.current()->admit(request.authorization, role_for(route.access));
    }
    if (is_audited(record)) operation_.audit->require_keeping_up();
    exchange.set_name(name_behind(route, request.path));
    route.answer(exchange, record);
}

void Router::answer_or_refuse(Exchange& exchange, RequestRecord& record) const {
    try {
        answer(exchange, record);
    } catch (const RequestError& error) {
        refuse(exchange, record, error);
    } catch (const Error& error) {
        refuse(exchange, record, refusal_of(error, record));
    } catch (const std::exception& error) {
        record.failure = error.what();
        refuse(exchange, record, internal_error());
    }
}

void Router::serve(Exchange& exchange) const {
    const auto began = std::chrono::steady_clock::now();
    RequestRecord record;
    record.route = "other";
    try {
        record.id = fresh_id();
        answer_or_refuse(exchange, record);
        record.status = exchange.status() == 0 ? 499 : exchange.status();
        record.milliseconds =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
        operation_.metrics.count(record);
        operation_.log.write(record);
        if (is_audited(record)) operation_.audit->record_request(record);
        if (operation_.rollouts != nullptr) operation_.rollouts->observe(record);
    } catch (const std::exception&) {
        exchange.close_after();  // no memory even for the refusal: the client sees the connection end
    }
}

}  // namespace contrans::server
