#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "contrans/core/model_identity_json.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/known_map.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/runtime/twin.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

// Far over any model's; a slip of the finger should not ask for terabytes.
constexpr std::uint64_t kLargestWidth = 65536;
constexpr double kLargestNoise = 1000;

struct TwinArguments {
    std::string model;
    std::string out;
    std::string map;
    std::string neutral;
    TwinOptions options;
};

/// What the command made.
struct MadeTwin {
    ModelIdentity model;
    ModelIdentity twin;
    std::optional<MapSet> maps;
};

std::filesystem::path spelt_out(const std::string& file) {
    std::error_code none;
    return std::filesystem::weakly_canonical(std::filesystem::absolute(file), none);
}

void require_outputs(const TwinArguments& arguments) {
    for (const std::string& out : {arguments.out, arguments.map}) {
        if (!out.empty()) require_writable(out, {arguments.model, arguments.neutral});
    }
    if (!arguments.map.empty() && spelt_out(arguments.map) == spelt_out(arguments.out))
        throw Error(ErrorKind::argument, "--map: must be another file than --out");
}

Json to_json(const MapSet& maps) {
    Json layers = Json::array();
    for (std::size_t k = 0; k < maps.entries.size(); ++k) {
        const MapEntry& entry = maps.entries[k];
        layers.push_back({{"layer", entry.target_layer.value},
                          {"fit", to_string(entry.kind)},
                          {"sigma", maps.target_scale[k].sigma},
                          {"held_out_r2", entry.evidence.held_out_r2},
                          {"held_out_r2_standard", entry.evidence.held_out_r2_standard},
                          {"directional", entry.evidence.directional}});
    }
    return layers;
}

Json to_json(const MadeTwin& made, const TwinArguments& arguments, const Session& session) {
    return {{"model", identity_to_json(made.model)},
            {"twin", identity_to_json(made.twin)},
            {"noise", arguments.options.noise},
            {"seed", arguments.options.seed},
            {"out", arguments.out},
            {"map", made.maps ? Json(arguments.map) : Json()},
            {"maps", made.maps ? to_json(*made.maps) : Json::array()},
            {"seconds", session.seconds()}};
}

std::string layer_table(const MapSet& maps) {
    std::vector<std::vector<std::string>> rows = {{"layer", "spread", "R2", "directional"}};
    for (std::size_t k = 0; k < maps.entries.size(); ++k) {
        const MapEvidence& evidence = maps.entries[k].evidence;
        rows.push_back({std::to_string(maps.entries[k].target_layer.value), fixed(maps.target_scale[k].sigma, 1),
                        fixed(evidence.held_out_r2, 5), fixed(evidence.directional, 5)});
    }
    return aligned(rows);
}

std::string to_text(const MadeTwin& made, const TwinArguments& arguments, const Session& session) {
    std::string text = describe(made.model) + " -> " + describe(made.twin) + ": width " +
                       std::to_string(made.model.d_model) + " -> " + std::to_string(made.twin.d_model) + ", noise " +
                       fixed(arguments.options.noise, 3) + ", seed " + std::to_string(arguments.options.seed) + "\n";
    if (made.maps) text += layer_table(*made.maps);
    return text + arguments.out + (made.maps ? " and " + arguments.map : "") + " written after " +
           fixed(session.seconds(), 1) + " s\n";
}

ExitCode run_twin(TwinArguments arguments, Session& session) {
    arguments.options.seed = session.options().seed;
    require_outputs(arguments);
    const std::vector<std::string> neutral = read_neutral(arguments.neutral);
    MadeTwin made;
    made.twin = write_twin(arguments.model, arguments.out, arguments.options, session.context());
    made.model = read_model_identity(arguments.model);
    if (!arguments.map.empty()) {
        made.maps = known_map(open_model(session, arguments.model), open_model(session, arguments.out),
                              arguments.options, neutral, session.options().threads, session.context());
        write_map_set(*made.maps, arguments.map);
    }
    session.show(to_json(made, arguments, session), to_text(made, arguments, session));
    return ExitCode::done;
}

}  // namespace

void add_twin_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<TwinArguments>();
    CLI::App& command = add_command(
        app, "twin", "Writes a llama model's twin: the same answers, another residual stream, and a map that is known",
        "contrans twin --model smollm2.gguf --out twin.gguf --width 704 --map known.gguf --seed 3\n"
        "  contrans map --source smollm2.gguf --target twin.gguf --corpus data/corpus/mixed.jsonl "
        "--out fitted.gguf");
    command.add_option("--model", arguments->model, "Model of architecture llama (GGUF)")->required();
    command
        .add_option("--width", arguments->options.width,
                    "Of the twin's residual stream: the model's, or more and a multiple of 16; default: the model's")
        ->check(whole_number_within(1, kLargestWidth));
    command
        .add_option("--noise", arguments->options.noise,
                    "Gaussian noise on every matrix, in units of the matrix's root mean square; 0: none")
        ->check(number_within(0, kLargestNoise))
        ->capture_default_str();
    command.add_option("--map", arguments->map,
                       "Also write the map from the model to the twin that is known (GGUF), for contrans transplant");
    command.add_option("--neutral", arguments->neutral,
                       "Texts that the layers' spread is measured on; default: the built-in development texts");
    command.add_option("--out", arguments->out, "Twin to write (GGUF, F32)")->required();
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_twin(*arguments, session); }; });
}

}  // namespace contrans::cli
