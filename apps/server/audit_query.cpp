#include "apps/server/audit_query.h"

#include <limits>

#include "apps/server/percent_encoding.h"
#include "apps/server/request_error.h"
#include "contrans/core/utc_time.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

Microseconds time_of(const QueryField& field) {
    if (const auto time = parse_utc(field.value)) return *time;
    throw bad_field(field.name, "a time is 2026-01-31 or 2026-01-31T12:34:56Z, not " + in_quotes(field.value));
}

void take(AuditFilter& filter, const QueryField& field) {
    if (field.name == "actor") {
        filter.actor = field.value;
    } else if (field.name == "action") {
        filter.action = field.value;
    } else if (field.name == "concept") {
        filter.subject = field.value;
    } else if (field.name == "from") {
        filter.from = time_of(field);
    } else if (field.name == "before") {
        filter.before = time_of(field);
    } else if (field.name == "newest") {
        filter.newest = whole_number_of(field, 1, kMostRecords);
    } else if (field.name == "up_to") {
        filter.up_to_place = whole_number_of(field, 1, std::numeric_limits<std::int64_t>::max());
    } else {
        throw bad_field(field.name,
                        "is no parameter that is known: actor, action, concept, from, before, newest, up_to");
    }
}

}  // namespace

AuditFilter parse_audit_query(std::string_view query) {
    AuditFilter filter;
    filter.newest = kUsualRecords;
    for (const QueryField& field : query_fields(query)) take(filter, field);
    return filter;
}

}  // namespace contrans::server
