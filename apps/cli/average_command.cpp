#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/artefact_summary.h"
#include "apps/cli/command_line.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "apps/cli/vector_plan.h"
#include "contrans/transplant/average.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {
namespace {

struct AverageArguments {
    std::vector<std::string> vectors;
    std::string numbering = "as-written";
    std::string out;
};

ExitCode run_average(const AverageArguments& arguments, Session& session) {
    std::vector<ControlVector> vectors;
    for (const std::string& file : arguments.vectors) {
        vectors.push_back(read_control_vector(file, parse_numbering(arguments.numbering)));
        require_writable(arguments.out, {file});
    }
    const std::string name = std::filesystem::path(arguments.out).stem().string();
    write_control_vector(average(vectors, name, session.identity_policy()), arguments.out);
    const ArtefactSummary summary = summarise_artefact(arguments.out);
    nlohmann::ordered_json object = summary.json;
    object["out"] = arguments.out;
    session.show(object, fact_lines(summary.facts) + summary.table + arguments.out + " written\n");
    return ExitCode::done;
}

}  // namespace

void add_average_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<AverageArguments>();
    CLI::App& command = add_command(
        app, "average", "Makes one vector of several that steer the same model, each with the same say",
        "contrans average --vector happy-from-smollm2.gguf --vector happy-from-gemma.gguf --out happy.gguf");
    command
        .add_option("--vector", arguments->vectors,
                    "Control vector (GGUF), two or more; at every layer that all steer, the mean of their directions "
                    "at the mean of their doses")
        ->required();
    command.add_option("--layer-numbering", arguments->numbering, "Of other engines' vectors: as-written or one-late")
        ->capture_default_str();
    command.add_option("--out", arguments->out, "Vector to write (GGUF); it has no controls beside it")->required();
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_average(*arguments, session); }; });
}

}  // namespace contrans::cli
