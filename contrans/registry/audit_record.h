#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace contrans {

/// Microseconds since 1970, UTC.
using Microseconds = std::int64_t;

[[nodiscard]] Microseconds system_time();
/// "2026-01-31T12:34:56.123456Z"
[[nodiscard]] std::string time_text(Microseconds time);

/// Who did what. Fields that do not apply are empty. Of a request with several concepts the four fields in the middle
/// are lists of one length, with ";" between.
struct AuditEvent {
    std::string actor;    ///< the key's name, or who ran the program
    std::string action;   ///< "registry.add", "concept.load", "request", …
    std::string subject;  ///< the concept's name
    std::string version;  ///< the registry's number, or "sha256:" and 16 digits of a file that is not in it
    std::string dose;     ///< in units of σ (DESIGN §4)
    std::string layers;   ///< "10,14"
    std::string rollout;  ///< the rollout that chose the steering; empty: the request itself
    std::string outcome;  ///< "done", or of a request how it ended
    std::string detail;   ///< one line more; no word of a prompt unless that was switched on
};

struct TimedEvent {
    Microseconds at = 0;
    AuditEvent event;
};

/// An event's place in the log.
struct AuditRecord {
    std::int64_t place = 0;  ///< from 1, without gaps
    Microseconds at = 0;     ///< of the system's clock, which may be set back: the order is that of places
    AuditEvent event;
    std::string hash;  ///< chain_hash() of this record
};

/// What stands before the first record.
inline constexpr std::string_view kFirstHash = "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256, as 64 hexadecimal digits, of "contrans-audit-1", the hash of the record before, place, time and the nine
/// fields of the event in their order, each as "LENGTH:BYTES," (numbers in decimal), so that no two records read alike.
[[nodiscard]] std::string chain_hash(std::string_view previous, const AuditRecord& record);

/// Fit for a field: control bytes and what is not UTF-8 as \xNN, cut after `max_bytes`.
[[nodiscard]] std::string audit_text(std::string_view text, std::size_t max_bytes = 1000);

}  // namespace contrans
