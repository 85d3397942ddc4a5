#include "apps/server/routes.h"

namespace contrans::server {

std::vector<Route> routes_to(const Service* service) {
    using Access = Route::Access;
    // An answer from the service or from its operation alone.
    const auto by = [service](auto* answer) -> RouteAnswer {
        return [service, answer](Exchange& exchange, RequestRecord& record) { answer(*service, exchange, record); };
    };
    return {
        {"POST", "/v1/chat/completions", Access::call, by(&answer_chat)},
        {"POST", "/v1/completions", Access::call, by(&answer_completion)},
        {"POST", "/v1/embeddings", Access::call, by(&answer_embeddings)},
        {"GET", "/v1/models", Access::call, by(&list_models)},
        {"GET", "/v1/models/", Access::call, by(&show_model)},
        {"GET", "/v1/concepts", Access::call, by(&list_concepts)},
        {"GET", "/v1/concepts/", Access::call, by(&show_concept)},
        {"POST", "/v1/concepts", Access::load, by(&load_concept)},
        {"DELETE", "/v1/concepts/", Access::load, by(&unload_concept)},
        {"GET", "/v1/personas", Access::call, by(&list_personas)},
        {"GET", "/v1/personas/", Access::call, by(&show_persona)},
        {"POST", "/v1/personas", Access::load, by(&save_persona)},
        {"DELETE", "/v1/personas/", Access::load, by(&remove_persona)},
        {"GET", "/v1/vector-files", Access::load, by(&list_vector_files)},
        {"GET", "/v1/conflicts", Access::call, by(&show_conflicts)},
        {"GET", "/v1/audit", Access::administer, by(&list_audit)},
        {"GET", "/v1/audit/verify", Access::administer, by(&verify_audit)},
        {"GET", "/v1/rollouts", Access::administer, by(&list_rollouts)},
        {"GET", "/v1/rollouts/", Access::administer, by(&show_rollout)},
        {"POST", "/v1/rollouts", Access::administer, by(&plan_rollout)},
        {"POST", "/v1/rollouts/", Access::administer, by(&step_rollout)},
        {"POST", "/v1/feedback", Access::call, by(&take_feedback)},
        {"GET", "/health", Access::open, by(&show_health)},
        {"HEAD", "/health", Access::open, by(&show_health)},
        {"GET", "/v1/health", Access::open, by(&show_health)},
        {"GET", "/metrics", Access::administer, by(&show_metrics)},
        {"HEAD", "/v1/models", Access::call, by(&list_models)},
        {"GET", "/", Access::open, by(&show_page)},
        {"HEAD", "/", Access::open, by(&show_page)},
        {"GET", "/assets/", Access::open, by(&show_asset)},
    };
}

}  // namespace contrans::server
