#include "apps/gateway/routes.h"

#include "apps/server/routes.h"

namespace contrans::gateway {

std::vector<server::Route> routes_to(const GatewayService& service) {
    using Access = server::Route::Access;
    // An answer from the gateway or from its operation alone.
    const auto by = [&service](auto* answer) -> server::RouteAnswer {
        return [&service, answer](server::Exchange& exchange, server::RequestRecord& record) {
            answer(service, exchange, record);
        };
    };
    return {
        {"POST", "/v1/chat/completions", Access::call, by(&answer_chat)},
        {"POST", "/v1/completions", Access::call, by(&answer_completion)},
        {"GET", "/v1/models", Access::call, by(&list_models)},
        {"GET", "/v1/models/", Access::call, by(&show_model)},
        {"GET", "/v1/concepts", Access::call, by(&list_concepts)},
        {"GET", "/v1/concepts/", Access::call, by(&show_concept)},
        {"GET", "/v1/audit", Access::administer, by(&server::list_audit)},
        {"GET", "/v1/audit/verify", Access::administer, by(&server::verify_audit)},
        {"GET", "/v1/rollouts", Access::administer, by(&server::list_rollouts)},
        {"GET", "/v1/rollouts/", Access::administer, by(&server::show_rollout)},
        {"POST", "/v1/rollouts", Access::administer, by(&server::plan_rollout)},
        {"POST", "/v1/rollouts/", Access::administer, by(&server::step_rollout)},
        {"POST", "/v1/feedback", Access::call, by(&server::take_feedback)},
        {"GET", "/health", Access::open, by(&show_health)},
        {"HEAD", "/health", Access::open, by(&show_health)},
        {"GET", "/v1/health", Access::open, by(&show_health)},
        {"GET", "/metrics", Access::administer, by(&show_metrics)},
        {"HEAD", "/v1/models", Access::call, by(&list_models)},
    };
}

}  // namespace contrans::gateway
