#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "apps/server/monitor.h"
#include "apps/server/operation_options.h"
#include "contrans/core/model_identity.h"
#include "contrans/runtime/model.h"
#include "contrans/serve/request_steering.h"
#include "contrans/serve/scheduler.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::server {

struct ServingOptions : OperationOptions {
    SchedulerOptions scheduler;
    std::filesystem::path vectors;     ///< folder of control vectors, all of which are loaded; empty: none
    std::vector<std::string> aliases;  ///< names of the model beside its file's stem; the first is the one shown
    DoseRule dose_rule = DoseRule::tested_only;
    IdentityMismatch identity_policy = IdentityMismatch::refuse;
    ForeignNumbering numbering = ForeignNumbering::as_written;
    Monitor monitor = Monitor::rollouts;
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
