#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/chosen_reading.h"
#include "apps/cli/command_line.h"
#include "apps/cli/layer_options.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/session.h"
#include "contrans/core/model_identity_json.h"
#include "contrans/core/version.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/harvest/corpus.h"
#include "contrans/pipeline/harvest_to_store.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct HarvestArguments {
    std::string model;
    std::vector<std::string> texts;
    std::string layers;
    std::string position = "last";
    std::string aligned_with;
    std::string dtype = "f32";
    std::size_t shard_tokens = 0;
    bool tune = false;
    std::string out;
};

/// What decides the bits beside model, texts and request: a run goes on only where the same was at work.
std::string maker(const GlobalOptions& global, const Model& model) {
    std::string text = std::string("contrans ") + kVersion + ", llama.cpp " + CONTRANS_LLAMA_VERSION + ", " +
                       to_string(model.weights());
    if (!global.rpc_servers.empty()) text += ", " + std::to_string(global.rpc_servers.size()) + " RPC servers";
    if (global.gpu_layers.value_or(0) > 0) text += ", " + std::to_string(*global.gpu_layers) + " layers on a GPU";
    return text;
}

/// But for the models.
StoreRequest request_of(const HarvestArguments& arguments, const GlobalOptions& global) {
    StoreRequest request;
    request.layers = parse_layers("--layers", arguments.layers);
    request.position = parse_stored_position(arguments.position);
    request.dtype = parse_element_type(arguments.dtype);
    request.shard_tokens = arguments.shard_tokens;
    request.threads = global.threads;
    return request;
}

Json to_json(const StoreSummary& summary, const std::string& out, double seconds) {
    const ActivationIndex& index = summary.index;
    Json layers = Json::array();
    for (const LayerIndex layer : index.layers) layers.push_back(layer.value);
    return {
        {"model", identity_to_json(index.model)},
        {"texts", index.n_texts()},
        {"rows", index.n_rows()},
        {"layers", layers},
        {"position", to_string(index.position)},
        {"dtype", to_string(index.dtype)},
        {"aligned_share", index.aligned_share ? Json(*index.aligned_share) : Json()},
        {"texts_unspelt", summary.texts_unspelt},
        {"shards", index.shards.size()},
        {"shards_kept", summary.shards_kept},
        {"tokens_read", summary.tokens_read},
        {"reading", {{"batch_tokens", index.reading.batch_tokens}, {"engine_threads", index.reading.engine_threads}}},
        {"out", out},
        {"seconds", seconds}};
}

std::string to_text(const StoreSummary& summary, const std::string& out, double seconds) {
    const ActivationIndex& index = summary.index;
    std::string text = std::to_string(index.n_texts()) + " texts of " + describe(index.model) + ": " +
                       std::to_string(index.n_rows()) + " rows at each of " + std::to_string(index.layers.size()) +
                       " layers (" + to_string(index.position) + ", " + to_string(index.dtype) + ") in " +
                       std::to_string(index.shards.size()) + " shards";
    if (summary.shards_kept != 0) text += ", " + std::to_string(summary.shards_kept) + " of them from an earlier run";
    text += "\n";
    if (index.aligned_with) {
        text += fixed(100 * index.aligned_share.value_or(0), 1) + "% of the tokens end where one of " +
                describe(*index.aligned_with) + " does";
        if (summary.texts_unspelt != 0)
            text += "; " + std::to_string(summary.texts_unspelt) + " texts are not spelt by both and keep no row";
        text += "\n";
    }
    return text + std::to_string(summary.tokens_read) + " tokens read; " + out + " complete after " +
           fixed(seconds, 1) + " s\n";
}

ExitCode run_harvest(const HarvestArguments& arguments, Session& session) {
    StoreRequest request = request_of(arguments, session.options());
    const std::vector<std::filesystem::path> files(arguments.texts.begin(), arguments.texts.end());
    const std::vector<std::string> texts = read_corpus(files);
    const std::shared_ptr<const Model> model = open_model(session, arguments.model);
    require_layers("--layers", request.layers, model->identity());
    request.made_by = maker(session.options(), *model);
    request.reading = choose_reading(session, model, texts, arguments.tune ? Tuning::now : Tuning::once);
    if (!arguments.aligned_with.empty()) request.aligned_with = Model::load(arguments.aligned_with);
    const StoreSummary summary =
        harvest_to_store(model, texts, arguments.out, request, session.context(), session.ranks());
    session.show(to_json(summary, arguments.out, session.seconds()),
                 to_text(summary, arguments.out, session.seconds()));
    return ExitCode::done;
}

}  // namespace

void add_harvest_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<HarvestArguments>();
    CLI::App& command = add_command(
        app, "harvest", "Reads texts with a model and keeps the residual stream's states in a folder that NumPy opens",
        "contrans harvest --model smollm2.gguf --texts data/corpus/mixed.jsonl --layers 16:22 --position all "
        "--out states\n  The same command again goes on where it was stopped. mpirun -n N contrans harvest ... "
        "shares the texts\n  between N processes (docs/cluster.md).");
    command.add_option("--model", arguments->model, "Model (GGUF)")->required();
    command
        .add_option("--texts", arguments->texts, "Texts: .txt (one a line) or .jsonl ({\"text\": T}); may be repeated")
        ->required();
    command.add_option("--layers", arguments->layers,
                       "A:B, layers from 0, B included, or a list A,B,C; default: all but the last");
    command
        .add_option("--position", arguments->position,
                    "Which tokens to keep: last, mean (over all but the first), all, or aligned (those that end where "
                    "a token of --aligned-with does)")
        ->capture_default_str();
    command.add_option("--aligned-with", arguments->aligned_with,
                       "The other model (GGUF); its tokenizer alone is used");
    command.add_option("--dtype", arguments->dtype, "f32, bf16 or f16")->capture_default_str();
    command
        .add_option("--shard-tokens", arguments->shard_tokens,
                    "Tokens read for one set of files, what a stopped run loses at most; 0: 4,096 a thread, at least "
                    "8,192")
        ->check(whole_number_within(0, kLargestCount))
        ->capture_default_str();
    command.add_flag("--tune", arguments->tune,
                     "Measure now which batch and threads read fastest, and remember it; long runs do so once by "
                     "themselves");
    command.add_option("--out", arguments->out, "Folder to fill: index.json, texts.jsonl, shard-*.npy")->required();
    command.callback([&line, arguments] {
        line.run = [arguments](Session& session) { return run_harvest(*arguments, session); };
        line.shares_work = true;
    });
}

}  // namespace contrans::cli
