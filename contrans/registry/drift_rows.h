#pragma once

#include <cstddef>
#include <string>

#include "contrans/registry/audit_record.h"
#include "contrans/rollout/drift.h"

namespace soci {
class session;
}

namespace contrans {

// The statements of drift: each runs inside of the caller's transaction and checks nothing.

/// What projections are counted for: the treatment's answers in one stage, on one of its concepts.
struct DriftPlace {
    std::string rollout;
    std::size_t stage = 0;
    std::string concept_name;
};

/// Adds one answer.
void count_projection(soci::session& session, const DriftPlace& place, double projection);
[[nodiscard]] BinCounts projections_of(soci::session& session, const DriftPlace& place);

/// Whether put_drift() was called for it.
[[nodiscard]] bool drift_was_seen(soci::session& session, const DriftPlace& place);
void put_drift(soci::session& session, const DriftPlace& place, Microseconds now);

}  // namespace contrans
