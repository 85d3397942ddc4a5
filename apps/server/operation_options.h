#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "apps/server/api_keys.h"
#include "apps/server/http_server.h"
#include "apps/server/request_log.h"
#include "apps/server/serving_audit.h"
#include "apps/server/webhooks.h"

namespace contrans::server {

/// How a server is run, whatever writes its answers.
struct OperationOptions {
    HttpServerOptions http;
    ApiKeys keys;                    ///< none: everybody may do everything
    std::filesystem::path key_file;  ///< that a reload reads them from; empty: they stay
    /// Asked ten times a second: whether keys and the like are to be read anew. Empty: never.
    std::function<bool()> reload_wanted;
    std::chrono::milliseconds longest_time{600'000};  ///< of one answer
    std::chrono::milliseconds drain_time{30'000};     ///< for running answers to end once the stop came
    LogTarget log = LogTarget::standard_error;
    std::filesystem::path registry;  ///< whose audit log is kept; empty: none
    std::string actor;               ///< of the server's own records there
    AuditedText audited_text = AuditedText::none;
    WebhookOptions webhooks;  ///< on_trouble is the server's own
};

}  // namespace contrans::server
