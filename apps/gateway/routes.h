#pragma once

#include <vector>

#include "apps/gateway/gateway_service.h"
#include "apps/server/router.h"

namespace contrans::gateway {

/// The routes of `contrans gateway`: those of its engines, and those of any server's operation (apps/server/routes.h).
/// @param service  that their answers come from and outlives them
[[nodiscard]] std::vector<server::Route> routes_to(const GatewayService& service);

void answer_chat(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);
void answer_completion(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);
void list_models(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);
void show_model(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);
void list_concepts(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);
void show_concept(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);
void show_health(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);
void show_metrics(const GatewayService& service, server::Exchange& exchange, server::RequestRecord& record);

}  // namespace contrans::gateway
