#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/chosen_judge.h"
#include "apps/cli/command_line.h"
#include "apps/cli/evidence_text.h"
#include "apps/cli/layer_options.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/optional_json.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "apps/cli/vector_files.h"
#include "apps/server/evidence_json.h"
#include "contrans/concepts/concept_vector_file.h"
#include "contrans/core/error.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/task.h"
#include "contrans/linalg/products.h"
#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/transplant.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct TransplantArguments {
    std::string source_concept;
    std::string map;  // empty: the concept is the target's own
    std::string target;
    std::string task;
    JudgeArguments judge;
    bool chat = false;
    std::optional<std::size_t> source_layer;
    std::string target_layer;
    std::string fit;
    std::optional<double> dose;
    double budget = TransplantRequest{}.budget_nats;
    std::string neutral;
    bool allow_leak = false;
    std::string name;
    std::string out;
};

void check(const TransplantArguments& arguments) {
    if (arguments.dose && *arguments.dose == 0) {
        throw Error(ErrorKind::argument, "--dose: must not be 0: such a vector steers nothing");
    }
}

/// Fits are also taken as the library's code spells them, token_plain.
std::string with_hyphens(std::string name) {
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

LayerSet steered_layers(const std::string& text) {
    LayerSet layers = parse_layers("--target-layer", text);
    if (!layers.empty() && layers.front().value == 0)
        throw Error(ErrorKind::argument,
                    "--target-layer: must be 1 or more, as control vectors have no layer 0 (got 0)");
    return layers;
}

TransplantRequest request_of(const TransplantArguments& arguments, const Session& session) {
    check(arguments);
    TransplantRequest request;
    request.name = arguments.name.empty() ? std::filesystem::path(arguments.out).stem().string() : arguments.name;
    request.source_layer = layer_or_none(arguments.source_layer);
    request.target_layers = steered_layers(arguments.target_layer);
    if (!arguments.fit.empty()) request.fit = parse_fit_kind(with_hyphens(arguments.fit));
    request.dose = arguments.dose;
    request.budget_nats = arguments.budget;
    request.neutral = read_neutral(arguments.neutral);
    request.leak = arguments.allow_leak ? LeakPolicy::allow : LeakPolicy::refuse;
    request.identity = session.identity_policy();
    request.seed = session.options().seed;
    request.threads = session.options().threads;
    return request;
}

Json dev_to_json(const TransplantResult& result) {
    const auto& provenance = result.vector.provenance;
    if (!provenance) return {};
    return {{"value", or_null(provenance->dev_value)},
            {"unsteered", or_null(provenance->dev_unsteered)},
            {"kl_nats", or_null(provenance->kl_nats)},
            {"trials", result.search ? result.search->trials : 0}};
}

Json layer_numbers(const SearchCandidate& candidate) {
    Json layers = Json::array();
    for (const SteeredLayer& steered : candidate.layers) layers.push_back(steered.layer.value);
    return layers;
}

Json tried_to_json(const TransplantResult& result) {
    Json tried = Json::array();
    if (!result.search) return tried;
    for (const TriedDose& each : result.search->last) {
        const SearchCandidate& candidate = result.candidates.at(each.trial.candidate);
        tried.push_back({{"candidate", candidate.label},
                         {"target_layers", layer_numbers(candidate)},
                         {"dose", each.trial.dose},
                         {"items", each.n_items},
                         {"value", each.outcome.value},
                         {"smooth", each.outcome.smooth},
                         {"kl_nats", each.kl_nats}});
    }
    return tried;
}

Json layer_numbers(const ControlVector& vector) {
    Json layers = Json::array();
    for (const ControlLayer& layer : vector.layers) layers.push_back(layer.layer.value);
    return layers;
}

std::string joined_layers(const ControlVector& vector) {
    std::string text;
    for (const ControlLayer& layer : vector.layers)
        text += (text.empty() ? "" : " + ") + std::to_string(layer.layer.value);
    return text;
}

double direction_norm(const ControlLayer& layer) {
    return layer.coefficient == 0 ? 0 : norm(layer.offset) / std::abs(layer.coefficient);
}

Json to_json(const TransplantResult& result, const std::string& out, double seconds) {
    const ControlLayer& layer = result.vector.layers.front();
    const TransplantProvenance provenance = result.vector.provenance.value_or(TransplantProvenance{});
    return {{"vector", result.vector.name},
            {"concept", provenance.concept_name},
            {"source_layer", provenance.source_layer.value},
            {"layers", layer_numbers(result.vector)},
            {"fit", provenance.fit},
            {"method", provenance.method},
            {"dose", total_dose(result.vector.layers)},
            {"coefficient", layer.coefficient},
            {"direction_norm", direction_norm(layer)},
            {"sigma", layer.sigma},
            {"chosen_by", provenance.chosen_by},
            {"agreement", server::agreement_to_json(provenance.agreement)},
            {"search", server::standing_to_json(provenance.search)},
            {"dev", dev_to_json(result)},
            {"tried", tried_to_json(result)},
            {"out", out},
            {"controls", controls_path(out).string()},
            {"seconds", seconds}};
}

std::string to_text(const TransplantResult& result, const std::string& out, double seconds) {
    const ControlLayer& layer = result.vector.layers.front();
    const TransplantProvenance provenance = result.vector.provenance.value_or(TransplantProvenance{});
    std::vector<Fact> facts = {
        {"layers", std::to_string(provenance.source_layer.value) + " -> " + joined_layers(result.vector)},
        {"fit", provenance.fit},
        {"refined by", provenance.method},
        {"dose", fixed(total_dose(result.vector.layers), 3) + " of the spread, " + fixed(layer.sigma, 1) +
                     " at layer " + std::to_string(layer.layer.value)},
        {"coefficient", fixed(layer.coefficient, 4) + " on a direction of norm " + fixed(direction_norm(layer), 2)},
        {"damage", fixed(provenance.kl_nats, 3) + " nat on neutral development texts"}};
    for (const Fact& fact : choice_facts(provenance)) facts.push_back(fact);
    return result.vector.name + ": " + provenance.concept_name + " in " +
           (result.vector.target ? describe(*result.vector.target) : std::string("the target")) + "\n" +
           fact_lines(facts) + out + " and " + controls_path(out).string() + " written after " + fixed(seconds, 1) +
           " s\n";
}

std::optional<Task> read_development_task(const TransplantArguments& arguments, Session& session) {
    if (arguments.task.empty()) {
        if (!arguments.judge.judge.empty())
            throw Error(ErrorKind::argument, "--judge: without --task nothing is judged");
        return std::nullopt;
    }
    Task task = read_task(arguments.task, Split::dev);
    require_judge_for(task, arguments.judge);
    task.judge = open_judge(arguments.judge, session);
    for (const JudgeCalibration& judge : calibrations_of(task.judge, arguments.judge, session))
        session.note(describe(judge));
    return arguments.chat ? as_chat(std::move(task)) : task;
}

TransplantResult carried(const TransplantArguments& arguments, const TransplantRequest& request, Session& session) {
    const ConceptVector source_concept = read_concept_vector(arguments.source_concept);
    const std::optional<Task> task = read_development_task(arguments, session);
    const Task* items = task ? &*task : nullptr;
    if (arguments.map.empty()) {
        return place_native(source_concept, open_model(session, arguments.target), items, request, session.context());
    }
    const MapSet maps = read_map_set(arguments.map);
    require_same_model(arguments.map + " (source)", maps.source, source_concept.source, request.identity);
    require_same_model(arguments.map + " (target)", maps.target, read_model_identity(arguments.target),
                       request.identity);
    return transplant(source_concept, maps, open_model(session, arguments.target), items, request, session.context());
}

ExitCode run_transplant(const TransplantArguments& arguments, Session& session) {
    const TransplantRequest request = request_of(arguments, session);
    for (const std::filesystem::path& out : {std::filesystem::path(arguments.out), controls_path(arguments.out)}) {
        require_writable(out, {arguments.source_concept, arguments.map, arguments.target, arguments.task});
    }
    const TransplantResult result = carried(arguments, request, session);
    write_vector_files(result.vector, result.controls, arguments.out);
    session.show(to_json(result, arguments.out, session.seconds()), to_text(result, arguments.out, session.seconds()));
    return ExitCode::done;
}

void add_choices(CLI::App& command, TransplantArguments& arguments) {
    command.add_option("--source-layer", arguments.source_layer, "Layer from 0; default: searched")
        ->check(whole_number_within(0, kLargestCount));
    command.add_option("--target-layer", arguments.target_layer,
                       "Layer from 1, or several that share the dose, as A:B or A,B,C; default: searched");
    command.add_option("--fit", arguments.fit,
                       "paper, last-ridge, token-ridge, token-plain or known; default: searched");
    command
        .add_option("--dose", arguments.dose,
                    "Strength in units of the layer's spread, negative for the opposite; default: searched")
        ->check(number_within(-1000, 1000));
    command.add_option("--budget", arguments.budget, "Most damage of the choice, in nats of KL on neutral texts")
        ->check(number_within(1e-6, 100))
        ->capture_default_str();
}

}  // namespace

void add_transplant_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<TransplantArguments>();
    CLI::App& command =
        add_command(app, "transplant", "Carries a concept into the target as a llama.cpp control vector",
                    "contrans transplant --concept happiness.gguf --map map.gguf --target gemma.gguf --task "
                    "data/concepts/happiness/dev.jsonl --out happy.gguf");
    command.add_option("--concept", arguments->source_concept, "Concept file of contrans refine")->required();
    command.add_option("--map", arguments->map,
                       "Map file of contrans map; without it the concept must be the target's own");
    command.add_option("--target", arguments->target, "Target model (GGUF)")->required();
    command.add_option(
        "--task", arguments->task,
        "Development items that layers, fit and dose are searched on (lines with \"split\": \"dev\", or a "
        "file without splits); default: chosen by agreement with the source's effect on the next word");
    command.add_flag("--chat", arguments->chat,
                     "Put plain prompts to the model as a user's message in its chat template");
    add_judge_options(command, arguments->judge);
    add_choices(command, *arguments);
    command.add_option("--neutral", arguments->neutral,
                       "Texts that damage is measured on; default: the built-in development texts");
    command.add_flag("--allow-leak", arguments->allow_leak, "Accept concept texts that stand in the map's corpus");
    command.add_option("--name", arguments->name, "The vector's name; default: the output's name without ending");
    command.add_option("--out", arguments->out, "Vector to write; its controls go to V.controls.gguf beside it")
        ->required();
    command.callback([&line, arguments] {
        line.run = [arguments](Session& session) { return run_transplant(*arguments, session); };
    });
}

}  // namespace contrans::cli
