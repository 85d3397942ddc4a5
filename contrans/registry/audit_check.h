#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/registry/audit_log.h"

namespace contrans {

/// What a walk along the chain found.
struct AuditCheck {
    std::int64_t records = 0;
    AuditEnd begin;                   ///< what the first record stands on: the last cut, or nothing
    AuditEnd end;                     ///< of the walk
    std::int64_t clock_set_back = 0;  ///< records older than the one before them: no fault of the chain
    std::int64_t n_problems = 0;
    std::vector<std::string> problems;  ///< the first ones, a line each
    [[nodiscard]] bool holds() const { return n_problems == 0; }
};

/// Goes along a chain record by record.
class ChainWalk {
public:
    explicit ChainWalk(AuditEnd begin);
    void step(const AuditRecord& record);
    void problem(std::string text);
    [[nodiscard]] const AuditCheck& found() const { return found_; }

private:
    AuditCheck found_;
    Microseconds last_time_ = 0;
};

/// Checks every record of the log: an edited one, one removed or put elsewhere, records missing at the end against the
/// end that is kept in the database, and that a cut was recorded. Whoever may write the database can write a new chain
/// and a new end: that is found by `kept` alone, an end that somebody keeps elsewhere and that must still be in the
/// chain. The run's unit is a record, told every thousand; throws what it throws.
[[nodiscard]] AuditCheck check_audit(soci::session& session, const std::optional<AuditEnd>& kept = std::nullopt,
                                     const RunContext& run = {});

}  // namespace contrans
