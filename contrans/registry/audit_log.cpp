#include "contrans/registry/audit_log.h"

#include <soci/soci.h>

namespace contrans {
namespace {

AuditEnd read_end(soci::session& session, const std::string& which) {
    AuditEnd end;
    long long place = 0;
    std::string hash;
    session << "SELECT place, hash FROM audit_ends WHERE which = :which", soci::use(which, "which"), soci::into(place),
        soci::into(hash);
    if (session.got_data()) end = {place, hash};
    return end;
}

void keep_end(soci::session& session, const std::string& which, const AuditEnd& end) {
    const long long place = end.place;
    session << "DELETE FROM audit_ends WHERE which = :which", soci::use(which, "which");
    session << "INSERT INTO audit_ends (which, place, hash) VALUES (:which, :place, :hash)", soci::use(which, "which"),
        soci::use(place, "place"), soci::use(end.hash, "hash");
}

/// A record as SOCI's variables, for reading and writing alike.
struct Row {
    long long place = 0;
    long long at = 0;
    AuditRecord record;

    void take_numbers() {
        record.place = place;
        record.at = at;
    }
    void give_numbers() {
        place = record.place;
        at = record.at;
    }
};

constexpr const char* kInsert =
    "INSERT INTO audit (place, at, actor, action, subject, version, dose, layers, rollout, outcome, detail, hash) "
    "VALUES (:place, :at, :actor, :action, :subject, :version, :dose, :layers, :rollout, :outcome, :detail, :hash)";

soci::statement insertion(soci::session& session, Row& row) {
    AuditEvent& event = row.record.event;
    return (session.prepare << kInsert, soci::use(row.place, "place"), soci::use(row.at, "at"),
            soci::use(event.actor, "actor"), soci::use(event.action, "action"), soci::use(event.subject, "subject"),
            soci::use(event.version, "version"), soci::use(event.dose, "dose"), soci::use(event.layers, "layers"),
            soci::use(event.rollout, "rollout"), soci::use(event.outcome, "outcome"), soci::use(event.detail, "detail"),
            soci::use(row.record.hash, "hash"));
}

// A subject may be a list, "happy;polite": replace() tells both databases whether one is in it.
constexpr const char* kWanted =
    " FROM audit WHERE (:actor = '' OR actor = :actor) AND (:action = '' OR substr(action, 1, length(:action)) = "
    ":action) AND (:subject = '' OR replace(';' || subject || ';', ';' || CAST(:subject AS TEXT) || ';', '') <> ';' || "
    "subject || ';') AND at >= :from AND at < :before AND place <= :upto";

/// The place that the newest `filter.newest` wanted records begin at.
long long first_of_newest(soci::session& session, const AuditFilter& filter) {
    if (filter.newest <= 0) return 0;
    long long first = 0;
    const long long from = filter.from, before = filter.before, up_to = filter.up_to_place, skipped = filter.newest - 1;
    session << std::string("SELECT place") + kWanted + " ORDER BY place DESC LIMIT 1 OFFSET :skipped",
        soci::use(filter.actor, "actor"), soci::use(filter.action, "action"), soci::use(filter.subject, "subject"),
        soci::use(from, "from"), soci::use(before, "before"), soci::use(up_to, "upto"), soci::use(skipped, "skipped"),
        soci::into(first);
    return session.got_data() ? first : 0;
}

}  // namespace

std::string to_string(const AuditEnd& end) { return std::to_string(end.place) + ":" + end.hash; }

AuditEnd append_audit(soci::session& session, std::span<const TimedEvent> events) {
    AuditEnd end = audit_head(session);
    Row row;
    soci::statement insert = insertion(session, row);
    for (const auto& [at, event] : events) {
        row.record.event = event;
        row.record.place = end.place + 1;
        row.record.at = at;
        row.record.hash = chain_hash(end.hash, row.record);
        row.give_numbers();
        insert.execute(true);
        end = {row.record.place, row.record.hash};
    }
    keep_end(session, "head", end);
    return end;
}

AuditEnd append_audit(soci::session& session, Microseconds now, const AuditEvent& event) {
    const TimedEvent timed{now, event};
    return append_audit(session, std::span(&timed, 1));
}

AuditEnd audit_head(soci::session& session) { return read_end(session, "head"); }

AuditEnd audit_cut(soci::session& session) { return read_end(session, "cut"); }

void remove_audit_up_to(soci::session& session, const AuditEnd& cut) {
    const long long place = cut.place;
    session << "DELETE FROM audit WHERE place <= :place", soci::use(place, "place");
    keep_end(session, "cut", cut);
}

void read_audit(soci::session& session, const AuditFilter& filter,
                const std::function<void(const AuditRecord&)>& visit) {
    Row row;
    AuditEvent& event = row.record.event;
    const long long from = filter.from, before = filter.before, up_to = filter.up_to_place;
    const long long first = first_of_newest(session, filter);
    soci::statement select =
        (session.prepare << std::string("SELECT place, at, actor, action, subject, version, dose, layers, rollout, "
                                        "outcome, detail, hash") +
                                kWanted + " AND place >= :first ORDER BY place",
         soci::use(filter.actor, "actor"), soci::use(filter.action, "action"), soci::use(filter.subject, "subject"),
         soci::use(from, "from"), soci::use(before, "before"), soci::use(up_to, "upto"), soci::use(first, "first"),
         soci::into(row.place), soci::into(row.at), soci::into(event.actor), soci::into(event.action),
         soci::into(event.subject), soci::into(event.version), soci::into(event.dose), soci::into(event.layers),
         soci::into(event.rollout), soci::into(event.outcome), soci::into(event.detail), soci::into(row.record.hash));
    select.execute();
    while (select.fetch()) {
        row.take_numbers();
        visit(row.record);
    }
}

}  // namespace contrans
