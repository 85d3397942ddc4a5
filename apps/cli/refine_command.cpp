#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/command_line.h"
#include "apps/cli/evidence_text.h"
#include "apps/cli/layer_options.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "apps/server/evidence_json.h"
#include "contrans/concepts/concept_vector_file.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/harvest/activation_reader.h"
#include "contrans/pipeline/refine.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct RefineArguments {
    std::string model;
    std::string pairs;
    std::string method;  // empty: mean, with the usual alternatives
    std::string position = "last";
    std::vector<std::string> also;
    std::string layers;
    bool no_response = false;
    std::string name;  // empty: the output's stem
    std::string out;
};

bool wants_usual_alternatives(const RefineArguments& options) { return options.also.empty() && options.method.empty(); }

std::vector<Refinement> alternatives_asked_for(const RefineArguments& options, const Refinement& how) {
    std::vector<Refinement> alternatives;
    if (options.also == std::vector<std::string>{"none"}) return alternatives;
    for (const std::string& name : options.also) {
        const Refinement other = parse_refinement(name);
        if (other != how && std::ranges::find(alternatives, other) == alternatives.end()) alternatives.push_back(other);
    }
    return alternatives;
}

RefineRequest request_of(const RefineArguments& options, const GlobalOptions& global) {
    RefineRequest request;
    request.name = options.name.empty() ? std::filesystem::path(options.out).stem().string() : options.name;
    if (!options.method.empty()) request.how.method = parse_refine_method(options.method);
    request.how.position = parse_text_position(options.position);
    request.alternatives = alternatives_asked_for(options, request.how);
    request.layers = parse_layers("--layers", options.layers);
    request.response = options.no_response ? ResponseWish::none : ResponseWish::measure;
    request.seed = global.seed;
    request.threads = global.threads;
    return request;
}

Json to_json(const ConceptVector& vector, const std::string& out, double seconds) {
    Json layers = Json::array();
    for (const ConceptLayer& layer : vector.layers) {
        layers.push_back({{"layer", layer.layer.value},
                          {"norm", layer.quality.norm},
                          {"held_out_auc", layer.quality.held_out_auc},
                          {"split_half_cosine", layer.quality.split_half_cosine}});
    }
    return {{"name", vector.name},
            {"model", vector.source.name},
            {"fingerprint", vector.source.fingerprint},
            {"method", to_string(vector.how.method)},
            {"position", to_string(vector.how.position)},
            {"also", alternative_names(vector)},
            {"positives", vector.n_positive},
            {"negatives", vector.n_negative},
            {"layers", layers},
            {"suggested_layer", vector.suggested_layer.value},
            {"response", server::response_to_json(vector.response())},
            {"out", out},
            {"seconds", seconds}};
}

std::string to_text(const ConceptVector& vector, const std::string& out, double seconds) {
    std::vector<std::vector<std::string>> rows = {{"layer", "norm", "held-out AUC", "split-half cosine"}};
    for (const ConceptLayer& layer : vector.layers) {
        rows.push_back({std::to_string(layer.layer.value), fixed(layer.quality.norm),
                        fixed(layer.quality.held_out_auc, 3), fixed(layer.quality.split_half_cosine, 3)});
    }
    return vector.name + ": " + describe_refinements(vector) + ", directions of " + describe(vector.source) +
           ", from " + std::to_string(vector.n_positive) + " positive and " + std::to_string(vector.n_negative) +
           " negative texts\n" + aligned(rows) + "suggested layer " + std::to_string(vector.suggested_layer.value) +
           "\n" + fact_lines(response_facts(vector.response())) + out + " written after " + fixed(seconds, 1) + " s\n";
}

/// With the model, or from a folder of its states.
ConceptVector refine(const RefineArguments& options, const ContrastPairs& pairs, RefineRequest request,
                     Session& session) {
    const bool usual = wants_usual_alternatives(options);
    if (std::filesystem::is_directory(options.model)) {
        const ActivationReader store(options.model);
        require_layers("--layers", request.layers, store.index().model);
        if (usual) request.alternatives = usual_alternatives(store, pairs, request.how);
        return refine_concept(store, pairs, request, session.context());
    }
    const std::shared_ptr<const Model> model = open_model(session, options.model);
    require_layers("--layers", request.layers, model->identity());
    if (usual) request.alternatives = usual_alternatives(*model, pairs, request.how);
    return refine_concept(model, pairs, request, session.context());
}

ExitCode run_refine(const RefineArguments& options, Session& session) {
    const RefineRequest request = request_of(options, session.options());
    const ContrastPairs pairs = read_contrast_pairs(options.pairs);
    require_writable(options.out, {options.model, options.pairs});
    const ConceptVector vector = refine(options, pairs, request, session);
    write_concept_vector(vector, options.out);
    session.show(to_json(vector, options.out, session.seconds()), to_text(vector, options.out, session.seconds()));
    return ExitCode::done;
}

}  // namespace

void add_refine_command(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<RefineArguments>();
    CLI::App& command = add_command(
        app, "refine", "Reads a concept's direction per layer off a model, from positive and negative texts",
        "contrans refine --model smollm2.gguf --pairs data/concepts/happiness/pairs.jsonl --out happiness.gguf");
    command
        .add_option("--model", options->model,
                    "Source model (GGUF), or a folder of its states that contrans harvest made")
        ->required();
    command
        .add_option(
            "--pairs", options->pairs,
            "JSON lines {\"positive\": T, \"negative\": T} or {\"text\": T, \"label\": \"positive\"|\"negative\"}; T a "
            "string or chat messages")
        ->required();
    command.add_option("--method", options->method, "mean, pca or probe; default: mean, with alternatives (--also)");
    command.add_option("--position", options->position, "Which tokens stand for a text: last or mean")
        ->capture_default_str();
    command
        .add_option(
            "--also", options->also,
            "Further refinements of the same texts, for transplant's search to try: METHOD[/POSITION],… or none; "
            "default: of mean/last, mean/mean and probe/mean the other two where --method is not given, else none")
        ->delimiter(',');
    command.add_option("--layers", options->layers, "A:B, layers from 0, B included; default: all but the last");
    command.add_flag(
        "--no-response", options->no_response,
        "Do not measure what steering by the concept does to the source's next word (about 3 s); transplant "
        "then cannot choose by it, nor leave out what acts otherwise");
    command.add_option("--name", options->name, "The concept's name; default: the output's name without ending");
    command.add_option("--out", options->out, "Concept file to write (GGUF)")->required();
    command.callback(
        [&line, options] { line.run = [options](Session& session) { return run_refine(*options, session); }; });
}

}  // namespace contrans::cli
