#include "apps/server/router.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>

#include "apps/server/error_answer.h"
#include "apps/server/percent_encoding.h"
#include "apps/server/routes.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

using Access = Route::Access;

constexpr std::array<Route, 26> kRoutes{{
    {"POST", "/v1/chat/completions", Access::call, &answer_chat},
    {"POST", "/v1/completions", Access::call, &answer_completion},
    {"POST", "/v1/embeddings", Access::call, &answer_embeddings},
    {"GET", "/v1/models", Access::call, &list_models},
    {"GET", "/v1/models/", Access::call, &show_model},
    {"GET", "/v1/concepts", Access::call, &list_concepts},
    {"GET", "/v1/concepts/", Access::call, &show_concept},
    {"POST", "/v1/concepts", Access::load, &load_concept},
    {"DELETE", "/v1/concepts/", Access::load, &unload_concept},
    {"GET", "/v1/vector-files", Access::load, &list_vector_files},
    {"GET", "/v1/conflicts", Access::call, &show_conflicts},
    {"GET", "/v1/audit", Access::administer, &list_audit},
    {"GET", "/v1/audit/verify", Access::administer, &verify_audit},
    {"GET", "/v1/rollouts", Access::administer, &list_rollouts},
    {"GET", "/v1/rollouts/", Access::administer, &show_rollout},
    {"POST", "/v1/rollouts", Access::administer, &plan_rollout},
    {"POST", "/v1/rollouts/", Access::administer, &step_rollout},
    {"POST", "/v1/feedback", Access::call, &take_feedback},
    {"GET", "/health", Access::open, &show_health},
    {"HEAD", "/health", Access::open, &show_health},
    {"GET", "/v1/health", Access::open, &show_health},
    {"GET", "/metrics", Access::administer, &show_metrics},
    {"HEAD", "/v1/models", Access::call, &list_models},
    {"GET", "/", Access::open, &show_page},
    {"HEAD", "/", Access::open, &show_page},
    {"GET", "/assets/", Access::open, &show_asset},
}};

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

/// Requests for an answer; those turned away for their key or origin stand in the log alone, as anybody can send any
/// number of them.
bool is_audited(const Service& service, const RequestRecord& record) {
    if (service.audit == nullptr || record.status == 401 || record.status == 403) return false;
    const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& each) {
        return record.route == std::string(each.method) + " " + std::string(each.path);
    });
    return route != kRoutes.end() && route->method == "POST" && route->access == Access::call;
}

void answer(const Service& service, Exchange& exchange, RequestRecord& record) {
    const HttpRequest& request = exchange.request();
    const Route& route = route_of(request.method, request.path);
    record.route = std::string(route.method) + " " + std::string(route.path);
    refuse_other_origins(request);
    if (route.access != Access::open) {
        record.key_name = service.keys.current()->admit(request.authorization, role_for(route.access));
    }
    if (is_audited(service, record)) service.audit->require_keeping_up();
    route.answer(service, exchange, record);
}

void answer_or_refuse(const Service& service, Exchange& exchange, RequestRecord& record) {
    try {
        answer(service, exchange, record);
    } catch (const RequestError& error) {
        refuse(exchange, record, error);
    } catch (const Error& error) {
        refuse(exchange, record, refusal_of(error, record));
    } catch (const std::exception& error) {
        record.failure = error.what();
        refuse(exchange, record, internal_error());
    }
}

}  // namespace

const Route& route_of(std::string_view method, std::string_view path) {
    bool known = false;
    for (const Route& route : kRoutes) {
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

void serve_request(const Service& service, Exchange& exchange) {
    const auto began = std::chrono::steady_clock::now();
    RequestRecord record;
    record.route = "other";
    try {
        record.id = fresh_id();
        answer_or_refuse(service, exchange, record);
        record.status = exchange.status() == 0 ? 499 : exchange.status();
        record.milliseconds =
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
        service.metrics.count(record);
        service.log.write(record);
        if (is_audited(service, record)) service.audit->record_request(record);
        if (service.rollouts != nullptr) service.rollouts->observe(record);
    } catch (const std::exception&) {
        exchange.close_after();  // no memory even for the refusal: the client sees the connection end
    }
}

}  // namespace contrans::server
