#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/artefact_summary.h"
#include "apps/cli/command_line.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "contrans/core/error.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/mapping/compose_maps.h"
#include "contrans/mapping/invert_maps.h"
#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/runtime/fingerprint.h"

namespace contrans::cli {
namespace {

struct ComposeArguments {
    std::vector<std::string> maps;
    std::string inverse;
    std::string target;
    std::string neutral;
    std::optional<std::size_t> rank;
    std::optional<double> floor;
    std::string out;
};

void require_one_task(const ComposeArguments& arguments) {
    const bool inverts = !arguments.inverse.empty();
    if (inverts != arguments.maps.empty())
        throw Error(ErrorKind::argument, "compose: give either --map twice or more, or --inverse");
    if (arguments.maps.size() == 1)
        throw Error(ErrorKind::argument, "--map: needs at least two, in the order of the way (got 1)");
    if (inverts && arguments.target.empty()) {
        throw Error(ErrorKind::argument,
                    "--inverse needs --target, the model the maps start from: its layers' spread is measured there");
    }
    if (!inverts && !(arguments.target.empty() && arguments.neutral.empty() && !arguments.rank && !arguments.floor))
        throw Error(ErrorKind::argument, "--target, --neutral, --rank and --floor go with --inverse");
    if (arguments.rank && arguments.floor)
        throw Error(ErrorKind::argument, "--rank and --floor both say how many singular values are kept; give one");
}

MapSet composed(const ComposeArguments& arguments, const Session& session) {
    std::vector<MapSet> legs;
    for (const std::string& file : arguments.maps) legs.push_back(read_map_set(file));
    return compose(legs, session.identity_policy());
}

std::vector<LayerScale> measured_scales(const ComposeArguments& arguments, const MapSet& maps, Session& session) {
    const std::vector<std::string> given = read_neutral(arguments.neutral);
    const std::span<const std::string> texts =
        given.empty() ? neutral_development_texts() : std::span<const std::string>(given);
    std::vector<LayerScale> scales;
    for (const LayerSpread& spread : measure_spread(open_model(session, arguments.target), texts, source_layers(maps),
                                                    session.options().threads, session.context()))
        scales.push_back({spread.layer, spread.sigma});
    return scales;
}

MapSet inverted(const ComposeArguments& arguments, Session& session) {
    const MapSet maps = read_map_set(arguments.inverse);
    require_same_model(arguments.inverse + " (source)", maps.source, read_model_identity(arguments.target),
                       session.identity_policy());
    if (maps.entries.empty()) throw Error(ErrorKind::argument, arguments.inverse + ": holds no map to invert");
    session.note(
        "where a corpus or the statistics of both models are at hand, maps fitted in the other direction "
        "(contrans map) are better than inverted ones");
    InverseOptions options;
    options.rank = arguments.rank;
    options.floor = arguments.floor.value_or(options.floor);
    return invert(maps, measured_scales(arguments, maps, session), options);
}

void require_inputs_kept(const ComposeArguments& arguments) {
    require_writable(arguments.out, {arguments.inverse, arguments.target, arguments.neutral});
    for (const std::string& file : arguments.maps) require_writable(arguments.out, {file});
}

ExitCode run_compose(const ComposeArguments& arguments, Session& session) {
    require_one_task(arguments);
    require_inputs_kept(arguments);
    write_map_set(arguments.inverse.empty() ? composed(arguments, session) : inverted(arguments, session),
                  arguments.out);
    const ArtefactSummary summary = summarise_artefact(arguments.out);
    nlohmann::ordered_json object = summary.json;
    object["out"] = arguments.out;
    object["seconds"] = session.seconds();
    session.show(object, fact_lines(summary.facts) + summary.table + arguments.out + " written after " +
                             fixed(session.seconds(), 1) + " s\n");
    return ExitCode::done;
}

}  // namespace

void add_compose_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<ComposeArguments>();
    CLI::App& command = add_command(
        app, "compose", "Chains maps by way of other models, or turns one round",
        "contrans compose --map smollm2-gemma.gguf --map gemma-qwen.gguf --out smollm2-qwen.gguf\n  contrans compose "
        "--inverse smollm2-gemma.gguf --target smollm2.gguf --out gemma-smollm2.gguf");
    command.add_option("--map", arguments->maps,
                       "Map file, two or more in the order of the way: each starts at a model and layer where the one "
                       "before ends, with the same fit");
    command.add_option("--inverse", arguments->inverse,
                       "Map file to turn round by pseudo-inverse; fit the other direction instead where you can");
    command.add_option("--target", arguments->target,
                       "With --inverse: the model its maps start from (GGUF), in which layers' spread is measured");
    command
        .add_option("--rank", arguments->rank, "With --inverse: singular values kept; default: those over the --floor")
        ->check(whole_number_within(1, kLargestCount));
    command
        .add_option("--floor", arguments->floor,
                    "With --inverse: least singular value kept, as a share of the largest; default: 0.01")
        ->check(number_within(1e-9, 1));
    command.add_option("--neutral", arguments->neutral,
                       "With --inverse: texts that spread is measured on; default: the built-in development texts");
    command.add_option("--out", arguments->out, "Map file to write (GGUF)")->required();
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_compose(*arguments, session); }; });
}

}  // namespace contrans::cli
