#include "contrans/registry/audit_export.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/json_lines.h"
#include "contrans/registry/file_store.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

std::string csv_field(const std::string& field) {
    const bool formula = !field.empty() && std::string_view("=+-@\t\r").find(field.front()) != std::string_view::npos;
    std::string quoted = formula ? "\"'" : "\"";
    for (const char c : field) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

template <class Type>
Type field(const nlohmann::json& object, const char* key, const LinePlace& place) {
    const auto found = object.find(key);
    const bool fits =
        found != object.end() && (std::is_integral_v<Type> ? found->is_number_integer() : found->is_string());
    if (!fits) reject_line(place, std::string("an audit record has a \"") + key + "\"", "");
    return found->get<Type>();
}

AuditRecord record_from(const nlohmann::json& object, const LinePlace& place) {
    const auto text = [&](const char* key) { return field<std::string>(object, key, place); };
    return {field<std::int64_t>(object, "place", place),
            field<std::int64_t>(object, "at", place),
            {text("actor"), text("action"), text("concept"), text("version"), text("dose"), text("layers"),
             text("rollout"), text("outcome"), text("detail")},
            text("hash")};
}

/// The last record that may go: those before the first that is newer, and never the log's last one.
AuditFilter old_records(soci::session& session, Microseconds before) {
    AuditFilter old;
    old.up_to_place = audit_head(session).place - 1;
    AuditFilter newer;
    newer.from = before;
    bool found = false;
    read_audit(session, newer, [&](const AuditRecord& record) {
        if (!found) old.up_to_place = std::min(old.up_to_place, record.place - 1);
        found = true;
    });
    return old;
}

}  // namespace

std::string audit_json_line(const AuditRecord& record) {
    const AuditEvent& event = record.event;
    return Json{{"place", record.place},    {"time", time_text(record.at)}, {"at", record.at},
                {"actor", event.actor},     {"action", event.action},       {"concept", event.subject},
                {"version", event.version}, {"dose", event.dose},           {"layers", event.layers},
                {"rollout", event.rollout}, {"outcome", event.outcome},     {"detail", event.detail},
                {"hash", record.hash}}
               .dump(-1, ' ', false, Json::error_handler_t::replace) +
           "\n";
}

std::string audit_csv_header() {
    return "place,time,actor,action,concept,version,dose,layers,rollout,outcome,detail,hash\r\n";
}

std::string audit_csv_line(const AuditRecord& record) {
    const AuditEvent& event = record.event;
    std::string line = std::to_string(record.place) + "," + time_text(record.at);
    for (const std::string& each : {event.actor, event.action, event.subject, event.version, event.dose, event.layers,
                                    event.rollout, event.outcome, event.detail, record.hash}) {
        line += "," + csv_field(each);
    }
    return line + "\r\n";
}

std::int64_t export_audit(Database& database, const AuditFilter& filter, AuditFormat format,
                          const std::filesystem::path& file) {
    AtomicFile out(file);
    std::int64_t count = 0;
    if (format == AuditFormat::csv) out.write(audit_csv_header());
    database.read([&](soci::session& session) {
        read_audit(session, filter, [&](const AuditRecord& record) {
            out.write(format == AuditFormat::csv ? audit_csv_line(record) : audit_json_line(record));
            ++count;
        });
    });
    out.commit();
    return count;
}

AuditCheck check_audit_files(std::span<const std::filesystem::path> files) {
    std::optional<ChainWalk> walk;
    for (const std::filesystem::path& file : files) {
        read_json_lines(file, [&](const nlohmann::json& object, const LinePlace& place) {
            const AuditRecord record = record_from(object, place);
            if (walk || record.place == 1) {
                if (!walk) walk.emplace(AuditEnd{});
                walk->step(record);
            } else {
                walk.emplace(AuditEnd{record.place, record.hash});
            }
        });
    }
    if (!walk) throw Error(ErrorKind::format, "audit verify: the files hold no audit record");
    return walk->found();
}

AuditCutResult cut_audit(Database& database, Microseconds before, const std::string& actor, Microseconds now,
                         const std::filesystem::path& file) {
    AtomicFile out(file);
    AuditCutResult result;
    database.write([&](soci::session& session) {
        if (const AuditCheck check = check_audit(session); !check.holds()) {
            throw Error(ErrorKind::format, "audit cut: the log does not hold (" + check.problems.front() +
                                               "), and evidence is not removed; see contrans audit verify");
        }
        const AuditFilter old = old_records(session, before);
        read_audit(session, old, [&](const AuditRecord& record) {
            out.write(audit_json_line(record));
            ++result.records;
            result.cut = {record.place, record.hash};
        });
        if (result.records == 0) {
            throw Error(ErrorKind::argument, "audit cut: there is no record before " + time_text(before) +
                                                 " that may go (the last one stays)");
        }
        out.commit();  // the records are on the disk before they leave the log
        remove_audit_up_to(session, result.cut);
        const AuditEvent event{
            actor,
            "audit.cut",
            "",
            to_string(result.cut),
            "",
            "",
            "",
            "done",
            std::to_string(result.records) + " records kept in a file, sha256 " + identify_content(file).sha256};
        append_audit(session, now, event);
    });
    return result;
}

}  // namespace contrans
