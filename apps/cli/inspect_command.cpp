#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/artefact_summary.h"
#include "apps/cli/command_line.h"
#include "apps/cli/safety_summary.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "contrans/core/artefact_file.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InspectArguments {
    std::vector<std::string> files;
    std::vector<std::string> reports;
    std::vector<std::string> against;
};

/// One file, ready to be shown either way.
struct Inspected {
    std::string text;
    Json json;
};

Json keys_to_json(const ArtefactReader& reader) {
    Json keys = Json::array();
    for (const ArtefactKey& key : reader.keys())
        keys.push_back({{"key", key.key}, {"type", key.type}, {"value", key.value}});
    return keys;
}

Json tensors_to_json(const ArtefactReader& reader) {
    Json tensors = Json::array();
    for (const std::string& name : reader.tensor_names()) {
        tensors.push_back({{"name", name}, {"shape", reader.tensor_shape(name)}});
    }
    return tensors;
}

std::string keys_text(const ArtefactReader& reader) {
    std::string text = "  keys:\n";
    for (const ArtefactKey& key : reader.keys()) text += "    " + key.key + " (" + key.type + ") = " + key.value + "\n";
    return text;
}

SafetySources sources_of(const InspectArguments& arguments) {
    SafetySources sources;
    for (const std::string& file : arguments.reports) sources.reports.push_back(read_report(file));
    for (const std::string& file : arguments.against) sources.references.push_back({file, read_control_vector(file)});
    return sources;
}

Inspected inspect(const std::string& file, const SafetySources& sources, IdentityMismatch policy) {
    const ArtefactReader reader(file);
    ArtefactSummary summary = summarise_artefact(file);
    if (summary.kind == "control vector") {
        const SafetySummary safety = summarise_safety(read_control_vector(file), sources, policy);
        summary.facts.insert(summary.facts.end(), safety.facts.begin(), safety.facts.end());
        summary.json["safety"] = safety.json;
    }
    Inspected inspected;
    inspected.json = {{"file", file}, {"kind", summary.kind}};
    inspected.json.update(summary.json);
    inspected.json["keys"] = keys_to_json(reader);
    inspected.json["tensors"] = tensors_to_json(reader);
    inspected.text = file + ": " + summary.kind + ", " + std::to_string(reader.tensor_names().size()) + " tensors\n" +
                     fact_lines(summary.facts) + summary.table + keys_text(reader);
    return inspected;
}

ExitCode run_inspect(const InspectArguments& arguments, const Session& session) {
    const SafetySources sources = sources_of(arguments);
    Json files = Json::array();
    std::string text;
    for (const std::string& file : arguments.files) {
        Inspected inspected = inspect(file, sources, session.identity_policy());
        files.push_back(std::move(inspected.json));
        text += (text.empty() ? "" : "\n") + inspected.text;
    }
    session.show(files.size() == 1 ? files.front() : Json{{"files", files}}, text);
    return ExitCode::done;
}

}  // namespace

void add_inspect_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<InspectArguments>();
    CLI::App& command =
        add_command(app, "inspect", "Says what a file is: identity, evidence and keys of any artefact or model",
                    "contrans inspect happy.gguf --json");
    command
        .add_option("files", arguments->files, "GGUF files; with --json one gives its object, several {\"files\": […]}")
        ->required();
    command.add_option(
        "--report", arguments->reports,
        "Report (JSON) that may have measured a vector's effect on refusal or truthfulness (docs/safety.md)");
    command.add_option("--against", arguments->against,
                       "Vector of the same target that raises refusal or truthfulness: its cosine with each is shown");
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_inspect(*arguments, session); }; });
}

}  // namespace contrans::cli
