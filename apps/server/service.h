#pragma once

#include <filesystem>
#include <memory>

#include "apps/server/generation_fields.h"
#include "apps/server/monitor.h"
#include "apps/server/operation.h"
#include "apps/server/serving_personas.h"
#include "contrans/runtime/chat_format.h"
#include "contrans/serve/concept_shelf.h"
#include "contrans/serve/scheduler.h"

namespace contrans::server {

/// What the routes of `contrans serve` answer from: a model of its own beside what running a server takes.
struct Service : Operation {
    std::shared_ptr<const Model> model;
    ConceptShelf& shelf;
    Scheduler& scheduler;
    const ChatFormat& chat;
    RequestRules rules = {};
    DoseRule dose_rule = DoseRule::tested_only;
    std::filesystem::path vectors = {};  ///< the folder that concepts may be loaded from
    Monitor monitor = Monitor::rollouts;
    ServingPersonas* personas = nullptr;  ///< null: no registry, so there are none
};

}  // namespace contrans::server
