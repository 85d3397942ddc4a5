#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "apps/server/api_keys.h"
#include "apps/server/http_server.h"
#include "apps/server/monitor.h"
#include "apps/server/request_log.h"
#include "apps/server/serving_audit.h"
#include "apps/server/webhooks.h"
#include "contrans/core/model_identity.h"
#include "contrans/runtime/model.h"
#include "contrans/serve/request_steering.h"
#include "contrans/serve/scheduler.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::server {

struct ServingOptions {
    HttpServerOptions http;
    SchedulerOptions scheduler;
    std::filesystem::path vectors;   ///< folder of control vectors, all of which are loaded; empty: none
    ApiKeys keys;                    ///< none: everybody may do everything
    std::filesystem::path key_file;  ///< that a reload reads them from; empty: they stay
    /// Asked ten times a second: whether keys and vectors are to be read anew. Empty: never.
    std::function<bool()> reload_wanted;
    std::vector<std::string> aliases;  ///< names of the model beside its file's stem; the first is the one shown
    DoseRule dose_rule = DoseRule::tested_only;
    IdentityMismatch identity_policy = IdentityMismatch::refuse;
    ForeignNumbering numbering = ForeignNumbering::as_written;
    std::chrono::milliseconds longest_time{600'000};  ///< of one answer
    std::chrono::milliseconds drain_time{30'000};     ///< for running answers to end once the stop came
    LogTarget log = LogTarget::standard_error;
    std::filesystem::path registry;  ///< whose audit log is kept; empty: none
    std::string actor;               ///< of the server's own records there
    AuditedText audited_text = AuditedText::none;
    Monitor monitor = Monitor::rollouts;
    WebhookOptions webhooks;  ///< on_trouble is the server's own
};

/// What clients need to know.
struct Listening {
    std::string address;  ///< "127.0.0.1:8080"
    std::string model;
    std::vector<std::string> concepts;
    bool loopback = true;
};

/// Serves until the stop; then no connection is taken, running answers may end within drain_time and those left are
/// ended; the audit log is written to its end. Throws what ConceptShelf::load_folder, ServingAudit, Scheduler and
/// HttpServer throw before it listens.
/// @param on_listening  called once, when clients may connect
void serve(const std::shared_ptr<const Model>& model, const ServingOptions& options, const std::stop_token& stop,
           const std::function<void(const Listening&)>& on_listening);

}  // namespace contrans::server
