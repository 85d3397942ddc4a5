#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/command_action.h"
#include "apps/cli/command_line.h"
#include "apps/cli/registry_folder.h"
#include "apps/cli/rollout_text.h"
#include "apps/cli/session.h"
#include "apps/cli/time_option.h"
#include "apps/server/rollout_json.h"
#include "contrans/core/error.h"
#include "contrans/core/text_file.h"
#include "contrans/registry/rollout_retention.h"
#include "contrans/registry/rollout_store.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct RolloutArguments {
    RegistryChoice registry;
    std::string file;
    std::string name;
    std::string reason;
    std::string before;
    bool check_only = false;
    bool all = false;
};

RolloutStore open_store(const RolloutArguments& arguments, OpenMode mode = OpenMode::existing) {
    return RolloutStore(open_database(arguments.registry, mode));
}

void show(const RolloutStatus& status, const std::vector<GateReading>& gates, const Session& session,
          const std::string& text) {
    session.show(server::rollout_json(status, gates), text);
}

/// What a step came to, and what may come next.
ExitCode show_step(const RolloutStatus& status, const Session& session, const std::string& done) {
    show(status, {}, session, status.plan.name + " " + done + "\n");
    return ExitCode::done;
}

ExitCode run_plan(const RolloutArguments& arguments, const Session& session) {
    const RolloutPlan plan = parse_rollout_plan(read_text_file(arguments.file), arguments.file);
    if (arguments.check_only) {
        session.show(Json::parse(rollout_plan_text(plan)), plan_text(plan));
        return ExitCode::done;
    }
    const RolloutStatus status = open_store(arguments, OpenMode::create).plan(plan, actor_of(arguments.registry));
    const std::string next = approvals_needed(status.plan) > 0 ? "approve" : "start";
    show(status, {}, session,
         plan_text(status.plan) + "planned; next: contrans rollout " + next + " " + plan.name + "\n");
    return ExitCode::done;
}

ExitCode run_approve(const RolloutArguments& arguments, const Session& session) {
    const RolloutStatus status = open_store(arguments).approve(arguments.name, actor_of(arguments.registry));
    return show_step(status, session, "is approved for its next step");
}

ExitCode run_start(const RolloutArguments& arguments, const Session& session) {
    const RolloutStatus status = open_store(arguments).start(arguments.name, actor_of(arguments.registry));
    return show_step(status, session, "runs: " + stage_name(status.plan.stages[status.stage]));
}

ExitCode run_promote(const RolloutArguments& arguments, const Session& session) {
    const RolloutStatus status = open_store(arguments).promote(arguments.name, actor_of(arguments.registry));
    return show_step(status, session, "is promoted: " + stage_name(status.plan.stages[status.stage]));
}

ExitCode run_rollback(const RolloutArguments& arguments, const Session& session) {
    if (arguments.all != arguments.name.empty()) {
        throw Error(ErrorKind::argument, "rollout rollback: give a name, or --all, and not both");
    }
    RolloutStore store = open_store(arguments);
    const std::string actor = actor_of(arguments.registry);
    if (!arguments.all) {
        return show_step(store.roll_back(arguments.name, actor, arguments.reason), session, "is rolled back");
    }
    const std::vector<std::string> names = store.roll_back_all(actor, arguments.reason);
    session.show({{"rolled_back", names}}, std::to_string(names.size()) + " rolled back\n");
    return ExitCode::done;
}

ExitCode run_status(const RolloutArguments& arguments, const Session& session) {
    RolloutStore store = open_store(arguments);
    if (!arguments.name.empty()) {
        const RolloutStatus status = store.show(arguments.name);
        const std::vector<GateReading> gates = store.gates(arguments.name);
        const std::vector<DriftReading> drift = store.drift(arguments.name);
        session.show(server::rollout_json(status, gates, drift), rollout_text(status, gates, drift));
        return ExitCode::done;
    }
    const std::vector<RolloutStatus> all = store.list();
    Json list = Json::array();
    for (const RolloutStatus& each : all) {
        list.push_back(server::rollout_json(each, store.gates(each.plan.name), store.drift(each.plan.name)));
    }
    session.show({{"rollouts", std::move(list)}}, rollouts_table(all));
    return ExitCode::done;
}

ExitCode run_cut(const RolloutArguments& arguments, const Session& session) {
    Registry registry = open_registry(arguments.registry);
    const RolloutCut cut =
        cut_rollouts(registry.database(), parse_time(arguments.before, "--before"), registry.actor(), registry.now());
    session.show({{"answers", cut.answers}, {"outcomes", cut.outcomes}},
                 std::to_string(cut.answers) + " answers and " + std::to_string(cut.outcomes) + " outcomes removed\n");
    return ExitCode::done;
}

}  // namespace

void add_rollout_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<RolloutArguments>();
    RolloutArguments& all = *arguments;
    CLI::App& command =
        add_command(app, "rollout", "Gives concepts to more and more users, stage by stage, and takes them back",
                    "contrans rollout plan polite.json && contrans rollout start polite\n  contrans rollout rollback "
                    "--all --reason \"complaints\"");
    command.require_subcommand(1);
    add_registry_options(command, all.registry);
    const auto add = [&](const char* name, const char* description,
                         ExitCode (*run)(const RolloutArguments&, const Session&)) -> CLI::App& {
        return add_action(command, line, arguments, name, description, run);
    };
    const auto add_name = [&](CLI::App& action) -> CLI::Option& {
        return *action.add_option("name", all.name, "Its name");
    };
    CLI::App& plan = add("plan", "Checks a plan (JSON), shows it, and keeps it under its name", &run_plan);
    plan.add_option("file", all.file, "The plan; docs/rollouts.md has every key")->required();
    plan.add_flag("--check", all.check_only, "Check and show it alone");
    add_name(add("approve", "Approves the next step of somebody else's", &run_approve)).required();
    add_name(add("start", "Begins the first stage", &run_start)).required();
    add_name(add("status", "Where all stand, or one with its gates", &run_status));
    add_name(add("promote", "Goes to the next stage, once all gates have passed", &run_promote)).required();
    CLI::App& rollback =
        add("rollback", "Ends one, or all: from the next token on nobody gets its treatment", &run_rollback);
    add_name(rollback);
    rollback.add_flag("--all", all.all, "Every one that runs");
    rollback.add_option("--reason", all.reason, "For the audit log");
    CLI::App& cut = add("cut", "Removes old answers and the single outcomes of stages that are over", &run_cut);
    cut.add_option("--before", all.before, kTimeForm)->required();
}

}  // namespace contrans::cli
