#pragma once

#include <vector>

#include "apps/server/exchange.h"
#include "apps/server/router.h"
#include "apps/server/service.h"

namespace contrans::server {

/// The routes of `contrans serve`. @param service  that their answers come from and outlives them; null: to look at
/// what there is
[[nodiscard]] std::vector<Route> routes_to(const Service* service);

// One file each; see RouteAnswer. Those of an Operation do for any server.
void answer_chat(const Service& service, Exchange& exchange, RequestRecord& record);
void answer_completion(const Service& service, Exchange& exchange, RequestRecord& record);
void answer_embeddings(const Service& service, Exchange& exchange, RequestRecord& record);
void list_models(const Service& service, Exchange& exchange, RequestRecord& record);
void show_model(const Service& service, Exchange& exchange, RequestRecord& record);
void list_concepts(const Service& service, Exchange& exchange, RequestRecord& record);
void show_concept(const Service& service, Exchange& exchange, RequestRecord& record);
void load_concept(const Service& service, Exchange& exchange, RequestRecord& record);
void unload_concept(const Service& service, Exchange& exchange, RequestRecord& record);
void list_personas(const Service& service, Exchange& exchange, RequestRecord& record);
void show_persona(const Service& service, Exchange& exchange, RequestRecord& record);
void save_persona(const Service& service, Exchange& exchange, RequestRecord& record);
void remove_persona(const Service& service, Exchange& exchange, RequestRecord& record);
void list_vector_files(const Service& service, Exchange& exchange, RequestRecord& record);
void show_conflicts(const Service& service, Exchange& exchange, RequestRecord& record);
void list_audit(const Operation& operation, Exchange& exchange, RequestRecord& record);
void verify_audit(const Operation& operation, Exchange& exchange, RequestRecord& record);
void list_rollouts(const Operation& operation, Exchange& exchange, RequestRecord& record);
void show_rollout(const Operation& operation, Exchange& exchange, RequestRecord& record);
void plan_rollout(const Operation& operation, Exchange& exchange, RequestRecord& record);
void step_rollout(const Operation& operation, Exchange& exchange, RequestRecord& record);
void take_feedback(const Operation& operation, Exchange& exchange, RequestRecord& record);
void show_page(const Operation& operation, Exchange& exchange, RequestRecord& record);
void show_asset(const Operation& operation, Exchange& exchange, RequestRecord& record);
void show_health(const Service& service, Exchange& exchange, RequestRecord& record);
void show_metrics(const Service& service, Exchange& exchange, RequestRecord& record);

}  // namespace contrans::server
