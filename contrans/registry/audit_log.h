#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>

#include "contrans/registry/audit_record.h"

namespace soci {
class session;
}

namespace contrans {

/// One end of the chain.
struct AuditEnd {
    std::int64_t place = 0;  ///< 0: before the first record
    std::string hash = std::string(kFirstHash);
    friend bool operator==(const AuditEnd&, const AuditEnd&) = default;
};
/// "PLACE:HASH", as it is kept elsewhere.
[[nodiscard]] std::string to_string(const AuditEnd& end);

/// Appends to the chain inside of the caller's writing transaction, so that a change and its record are kept together
/// or not at all. @return the new end
AuditEnd append_audit(soci::session& session, std::span<const TimedEvent> events);
AuditEnd append_audit(soci::session& session, Microseconds now, const AuditEvent& event);

/// The last record, as it was kept beside the records.
[[nodiscard]] AuditEnd audit_head(soci::session& session);
/// The last record that was cut off; place 0: none was.
[[nodiscard]] AuditEnd audit_cut(soci::session& session);
/// Keeps another cut, and removes the records up to it.
void remove_audit_up_to(soci::session& session, const AuditEnd& cut);

/// Which records are wanted; an empty text: any.
struct AuditFilter {
    std::string actor;
    std::string action;   ///< or its beginning: "registry." is every change of the registry
    std::string subject;  ///< or one of the record's list
    Microseconds from = std::numeric_limits<Microseconds>::min();
    Microseconds before = std::numeric_limits<Microseconds>::max();
    std::int64_t up_to_place = std::numeric_limits<std::int64_t>::max();
    std::int64_t newest = 0;  ///< so many of them, the last ones; 0: all
};

/// Calls `visit` with each record that is wanted, in the order of their places, without holding them all.
void read_audit(soci::session& session, const AuditFilter& filter,
                const std::function<void(const AuditRecord&)>& visit);

}  // namespace contrans
