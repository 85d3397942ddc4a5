#include "contrans/registry/audit_check.h"

#include <utility>

namespace contrans {
namespace {

constexpr std::int64_t kProblemsShown = 20;
constexpr std::int64_t kRecordsToALook = 1000;

std::string record_name(std::int64_t place) { return "record " + std::to_string(place); }

void check_place(ChainWalk& walk, const AuditRecord& record) {
    const std::int64_t wanted = walk.found().end.place + 1;
    if (record.place == wanted) return;
    const std::string missing = record.place == wanted + 1 ? record_name(wanted) + " is"
                                                           : "records " + std::to_string(wanted) + " to " +
                                                                 std::to_string(record.place - 1) + " are";
    walk.problem(missing + " missing");
}

void check_end(ChainWalk& walk, const AuditEnd& head) {
    const AuditEnd& end = walk.found().end;
    if (end == head) return;
    if (end.place < head.place) {
        walk.problem("the log ends at " + record_name(end.place) + " and its kept end is " + record_name(head.place) +
                     ": the last records are missing");
    } else {
        walk.problem("the log's last record, " + std::to_string(end.place) + ", is not its kept end (" +
                     record_name(head.place) + ")");
    }
}

}  // namespace

ChainWalk::ChainWalk(AuditEnd begin) {
    found_.begin = begin;
    found_.end = std::move(begin);
}

void ChainWalk::problem(std::string text) {
    if (found_.n_problems++ < kProblemsShown) found_.problems.push_back(std::move(text));
}

void ChainWalk::step(const AuditRecord& record) {
    check_place(*this, record);
    if (chain_hash(found_.end.hash, record) != record.hash) {
        problem(record_name(record.place) + " is not what was written, or does not follow the one before it");
    }
    if (found_.records > 0 && record.at < last_time_) ++found_.clock_set_back;
    last_time_ = record.at;
    ++found_.records;
    found_.end = {record.place, record.hash};
}

AuditCheck check_audit(soci::session& session, const std::optional<AuditEnd>& kept, const RunContext& run) {
    const AuditEnd cut = audit_cut(session);
    ChainWalk walk(cut);
    bool kept_seen = kept && *kept == cut;
    bool cut_recorded = cut.place == 0;
    read_audit(session, {}, [&](const AuditRecord& record) {
        walk.step(record);
        kept_seen = kept_seen || (kept && *kept == walk.found().end);
        cut_recorded = cut_recorded || (record.event.action == "audit.cut" && record.event.version == to_string(cut));
        if (walk.found().records % kRecordsToALook == 0) run.advance(static_cast<std::size_t>(walk.found().records));
    });
    check_end(walk, audit_head(session));
    if (!cut_recorded) {
        walk.problem("records up to " + std::to_string(cut.place) + " were cut off and no record says so");
    }
    if (kept && !kept_seen) {
        walk.problem("the end that was kept elsewhere, " + record_name(kept->place) + ", is not in the log");
    }
    return walk.found();
}

}  // namespace contrans
