#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "apps/server/arm_source.h"
#include "apps/server/http_server.h"
#include "apps/server/operation_options.h"
#include "apps/server/serving_rollouts.h"

namespace contrans::server {

// What an Operation refers to, made from its options; log and webhooks outlive what is made.

[[nodiscard]] WebhookOptions webhook_options(const OperationOptions& options, RequestLog& log);
/// Null: there is no registry. Throws what ServingAudit throws.
[[nodiscard]] std::unique_ptr<ServingAudit> open_audit(const OperationOptions& options, RequestLog& log,
                                                       Webhooks& webhooks);
/// The same; the registry is there once its audit log is open.
[[nodiscard]] std::unique_ptr<ServingRollouts> open_rollouts(const OperationOptions& options, const ArmSource& arms,
                                                             RequestLog& log, Webhooks& webhooks);

/// For people who run several: "host 127.0.0.1:8080".
[[nodiscard]] std::string server_name(const HttpServer& server);

void wait_for(const std::stop_token& stop);

/// Reads anew when that is wanted, until the end. What cannot be read changes nothing, and is said.
/// @param reload  returns what changed, for the log; throws before anything has
void reload_when_told(const std::stop_token& end, const OperationOptions& options,
                      const std::function<std::string()>& reload, RequestLog& log);

}  // namespace contrans::server
