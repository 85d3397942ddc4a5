#include "contrans/registry/rollout_retention.h"

#include <soci/soci.h>

#include <vector>

#include "contrans/registry/audit_log.h"
#include "contrans/registry/names.h"

namespace contrans {
namespace {

struct OldStage {
    std::string rollout;
    long long stage = 0;
};

/// Those that are over and whose last outcome is older. A stage is cut whole: half of its course would be drawn as if
/// it had begun there.
std::vector<OldStage> old_stages(soci::session& session, long long before) {
    std::vector<OldStage> found;
    OldStage row;
    soci::statement select =
        (session.prepare
             << "SELECT rollout, stage FROM rollout_outcomes WHERE NOT EXISTS (SELECT 1 FROM rollouts WHERE "
                "rollouts.name = rollout_outcomes.rollout AND rollouts.stage = rollout_outcomes.stage AND "
                "rollouts.state = 'running') GROUP BY rollout, stage HAVING MAX(at) < :before",
         soci::use(before, "before"), soci::into(row.rollout), soci::into(row.stage));
    select.execute();
    while (select.fetch()) found.push_back(row);
    return found;
}

std::size_t affected_by(soci::statement statement) {
    statement.execute(true);
    return static_cast<std::size_t>(statement.get_affected_rows());
}

std::size_t cut_answers(soci::session& session, long long before) {
    return affected_by(
        (session.prepare << "DELETE FROM rollout_answers WHERE at < :before", soci::use(before, "before")));
}

std::size_t cut_outcomes(soci::session& session, const OldStage& old) {
    return affected_by((session.prepare << "DELETE FROM rollout_outcomes WHERE rollout = :rollout AND stage = :stage",
                        soci::use(old.rollout, "rollout"), soci::use(old.stage, "stage")));
}

}  // namespace

RolloutCut cut_rollouts(Database& database, Microseconds before, const std::string& actor, Microseconds now) {
    require_line(actor, "an actor", 128);
    RolloutCut cut;
    database.write([&](soci::session& session) {
        cut = {cut_answers(session, before), 0};
        for (const OldStage& old : old_stages(session, before)) cut.outcomes += cut_outcomes(session, old);
        if (cut.answers + cut.outcomes == 0) return;
        AuditEvent event;
        event.actor = audit_text(actor, 128);
        event.action = "rollout.cut";
        event.outcome = "done";
        event.detail = "before=" + time_text(before) + " answers=" + std::to_string(cut.answers) +
                       " outcomes=" + std::to_string(cut.outcomes);
        append_audit(session, now, event);
    });
    return cut;
}

}  // namespace contrans
