#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/command_action.h"
#include "apps/cli/command_line.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/registry_folder.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "apps/cli/time_option.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/registry/audit_export.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct AuditArguments {
    RegistryChoice registry;
    AuditFilter filter;
    std::string from;
    std::string before;
    std::string format = "jsonl";
    std::string out;
    std::string kept;  ///< PLACE:HASH
    std::vector<std::string> files;
};

AuditFilter filter_of(const AuditArguments& arguments) {
    AuditFilter filter = arguments.filter;
    if (!arguments.from.empty()) filter.from = parse_time(arguments.from, "--from");
    if (!arguments.before.empty()) filter.before = parse_time(arguments.before, "--before");
    return filter;
}

std::optional<AuditEnd> parse_kept(const std::string& text) {
    if (text.empty()) return std::nullopt;
    const std::size_t colon = text.find(':');
    const std::string place = text.substr(0, colon);
    const bool digits =
        !place.empty() && place.size() < 18 && place.find_first_not_of("0123456789") == std::string::npos;
    if (colon == std::string::npos || !digits || !is_sha256(text.substr(colon + 1))) {
        throw Error(ErrorKind::argument, "--kept: an end is PLACE:HASH as verify prints it, got " + in_quotes(text));
    }
    return AuditEnd{std::stoll(place), text.substr(colon + 1)};
}

/// Files of records that were cut off before, and the log as their continuation.
AuditCheck checked_with_files(const AuditArguments& arguments, AuditCheck log) {
    const std::vector<std::filesystem::path> files(arguments.files.begin(), arguments.files.end());
    AuditCheck all = check_audit_files(files);
    if (all.end != log.begin) {
        all.problems.push_back("the files end at record " + std::to_string(all.end.place) +
                               ", and the log was cut off after record " + std::to_string(log.begin.place) +
                               ", or another one");
        ++all.n_problems;
    }
    all.records += log.records;
    all.end = log.end;
    all.clock_set_back += log.clock_set_back;
    all.n_problems += log.n_problems;
    all.problems.insert(all.problems.end(), log.problems.begin(), log.problems.end());
    return all;
}

Json check_json(const AuditCheck& found, double seconds) {
    return {{"holds", found.holds()},
            {"records", found.records},
            {"after", to_string(found.begin)},
            {"end", to_string(found.end)},
            {"clock_set_back", found.clock_set_back},
            {"n_problems", found.n_problems},
            {"problems", found.problems},
            {"seconds", seconds}};
}

std::string check_text(const AuditCheck& found, double seconds) {
    std::string text = std::to_string(found.records) + " records " + (found.holds() ? "hold" : "do not hold") + " (" +
                       fixed(seconds, 2) + " s)\n";
    for (const std::string& problem : found.problems) text += "  " + problem + "\n";
    const auto more = found.n_problems - static_cast<std::int64_t>(found.problems.size());
    if (more > 0) text += "  and " + std::to_string(more) + " more\n";
    if (found.clock_set_back > 0) {
        text += "  the clock was set back " + std::to_string(found.clock_set_back) +
                " times; the order is that of records\n";
    }
    return text + "end: " + to_string(found.end) + "\n";
}

ExitCode run_verify(const AuditArguments& arguments, const Session& session) {
    const std::optional<AuditEnd> kept = parse_kept(arguments.kept);
    Registry registry = open_registry(arguments.registry);
    AuditCheck found;
    registry.database().read([&](soci::session& database) { found = check_audit(database, kept); });
    if (!arguments.files.empty()) found = checked_with_files(arguments, std::move(found));
    session.show(check_json(found, session.seconds()), check_text(found, session.seconds()));
    return found.holds() ? ExitCode::done : ExitCode::verdict_no;
}

ExitCode run_list(const AuditArguments& arguments, const Session& session) {
    Registry registry = open_registry(arguments.registry);
    Json records = Json::array();
    std::vector<std::vector<std::string>> rows = {
        {"record", "time", "actor", "action", "concept", "version", "dose", "outcome", "detail"}};
    registry.database().read([&](soci::session& database) {
        read_audit(database, filter_of(arguments), [&](const AuditRecord& record) {
            records.push_back(Json::parse(audit_json_line(record)));
            rows.push_back({std::to_string(record.place), time_text(record.at).substr(0, 19), record.event.actor,
                            record.event.action, record.event.subject, printable(record.event.version, 20),
                            record.event.dose, record.event.outcome, printable(record.event.detail, 40)});
        });
    });
    session.show({{"records", std::move(records)}}, rows.size() == 1 ? "no records\n" : aligned(rows));
    return ExitCode::done;
}

ExitCode run_export(const AuditArguments& arguments, const Session& session) {
    const AuditFormat format = arguments.format == "csv" ? AuditFormat::csv : AuditFormat::jsonl;
    Registry registry = open_registry(arguments.registry);
    const auto count = export_audit(registry.database(), filter_of(arguments), format, arguments.out);
    session.show({{"out", arguments.out}, {"records", count}},
                 std::to_string(count) + " records written to " + arguments.out + "\n");
    return ExitCode::done;
}

ExitCode run_cut(const AuditArguments& arguments, const Session& session) {
    Registry registry = open_registry(arguments.registry);
    const AuditCutResult cut = cut_audit(registry.database(), parse_time(arguments.before, "--before"),
                                         registry.actor(), registry.now(), arguments.out);
    session.show({{"out", arguments.out}, {"records", cut.records}, {"cut", to_string(cut.cut)}},
                 std::to_string(cut.records) + " records moved to " + arguments.out +
                     "; keep it, contrans audit verify " + arguments.out + " checks it with the log\n");
    return ExitCode::done;
}

void add_filter(CLI::App& action, AuditArguments& arguments) {
    action.add_option("--by", arguments.filter.actor, "Only what this actor or key did");
    action.add_option("--action", arguments.filter.action, "Only this action, or those that begin so: registry.");
    action.add_option("--concept", arguments.filter.subject, "Only what concerns this concept, alone or among others");
    action.add_option("--from", arguments.from, std::string("Only from this time on: ") + kTimeForm);
    action.add_option("--before", arguments.before, "Only before this time");
}

}  // namespace

void add_audit_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<AuditArguments>();
    AuditArguments& all = *arguments;
    CLI::App& command = add_command(app, "audit", "Reads and checks the record of who changed and steered what",
                                    "contrans audit verify\n  contrans audit list --concept happy --newest 20");
    command.require_subcommand(1);
    add_registry_options(command, all.registry);
    CLI::App& verify =
        add_action(command, line, arguments, "verify",
                   "Checks every record; exit code 6 where one was edited, removed or moved", &run_verify);
    verify.add_option("files", all.files, "Files of records that were cut off, oldest first; default: the log alone");
    verify.add_option("--kept", all.kept, "An end that verify printed before: it must still be in the log");
    CLI::App& list = add_action(command, line, arguments, "list", "Shows records", &run_list);
    add_filter(list, all);
    list.add_option("--newest", all.filter.newest, "Only so many, the newest")
        ->check(whole_number_within(1, kLargestCount));
    CLI::App& exported = add_action(command, line, arguments, "export", "Writes records to a file", &run_export);
    add_filter(exported, all);
    exported.add_option("--format", all.format, "jsonl or csv")
        ->check(CLI::IsMember({"jsonl", "csv"}))
        ->capture_default_str();
    exported.add_option("--out", all.out, "The file")->required();
    CLI::App& cut =
        add_action(command, line, arguments, "cut",
                   "Moves records before a time to a file, so that both are still checked as one chain", &run_cut);
    cut.add_option("--before", all.before, kTimeForm)->required();
    cut.add_option("--out", all.out, "The file (JSON lines)")->required();
}

}  // namespace contrans::cli
