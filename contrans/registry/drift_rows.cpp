#include "contrans/registry/drift_rows.h"

#include <soci/soci.h>

namespace contrans {

void count_projection(soci::session& session, const DriftPlace& place, double projection) {
    const auto stage = static_cast<long long>(place.stage);
    const long long bin = drift_bin(projection);
    const auto change = [&](const char* text) {
        soci::statement statement =
            (session.prepare << text, soci::use(place.rollout, "rollout"), soci::use(stage, "stage"),
             soci::use(place.concept_name, "concept"), soci::use(bin, "bin"));
        statement.execute(true);
        return statement.get_affected_rows();
    };
    if (change("UPDATE rollout_projections SET n = n + 1 WHERE rollout = :rollout AND stage = :stage AND concept = "
               ":concept AND bin = :bin") > 0) {
        return;
    }
    change(
        "INSERT INTO rollout_projections (rollout, stage, concept, bin, n) "
        "VALUES (:rollout, :stage, :concept, :bin, 1)");
}

BinCounts projections_of(soci::session& session, const DriftPlace& place) {
    const auto stage = static_cast<long long>(place.stage);
    long long bin = 0;
    long long n = 0;
    soci::statement select =
        (session.prepare << "SELECT bin, n FROM rollout_projections WHERE rollout = :rollout AND stage = :stage AND "
                            "concept = :concept",
         soci::use(place.rollout, "rollout"), soci::use(stage, "stage"), soci::use(place.concept_name, "concept"),
         soci::into(bin), soci::into(n));
    BinCounts counts;
    select.execute();
    while (select.fetch()) counts[bin] = static_cast<std::size_t>(n);
    return counts;
}

bool drift_was_seen(soci::session& session, const DriftPlace& place) {
    const auto stage = static_cast<long long>(place.stage);
    long long seen = 0;
    session << "SELECT COUNT(*) FROM rollout_drifts WHERE rollout = :rollout AND stage = :stage AND concept = :concept",
        soci::use(place.rollout, "rollout"), soci::use(stage, "stage"), soci::use(place.concept_name, "concept"),
        soci::into(seen);
    return seen > 0;
}

void put_drift(soci::session& session, const DriftPlace& place, Microseconds now) {
    const auto stage = static_cast<long long>(place.stage);
    const long long at = now;
    session << "INSERT INTO rollout_drifts (rollout, stage, concept, at) VALUES (:rollout, :stage, :concept, :at)",
        soci::use(place.rollout, "rollout"), soci::use(stage, "stage"), soci::use(place.concept_name, "concept"),
        soci::use(at, "at");
}

}  // namespace contrans
