#pragma once

#include <string>
#include <string_view>

#include "contrans/registry/audit_record.h"

namespace contrans::server {

/// What somebody should hear of.
enum class AlertEvent {
    gate_failed,
    rolled_back,
    promoted,
    drift,
    not_served,           ///< a rollout runs and this server cannot give its treatment
    registry_unreadable,  ///< so every rollout is switched off here
    audit_behind,         ///< records cannot be written
};
[[nodiscard]] std::string_view to_string(AlertEvent event);

/// No text of a prompt or an answer, no key, no user.
struct Alert {
    AlertEvent event = AlertEvent::gate_failed;
    std::string rollout;  ///< empty: of none
    std::string gate;     ///< of gate_failed its name, of drift the concept; else empty
    std::string text;     ///< a sentence for people
    Microseconds at = 0;  ///< of a rollout's step the registry's time, the same on every server
};

}  // namespace contrans::server
