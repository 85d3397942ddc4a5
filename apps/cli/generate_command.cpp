#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/prompts.h"
#include "apps/cli/session.h"
#include "apps/cli/vector_plan.h"
#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/json_text.h"
#include "contrans/runtime/generator.h"
#include "contrans/transplant/vector_set.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct GenerateOptions {
    std::string model;
    std::vector<std::string> vectors;
    std::string numbering = "as-written";
    std::optional<std::string> prompt;
    std::string prompts;
    bool chat = false;
    bool completion_only = false;
    SamplingOptions sampling;
    std::string out;
};

/// A vector of the run and the file it came from.
struct UsedVector {
    std::filesystem::path file;
    ControlVector vector;
};

Text as_asked(Text prompt, bool chat) {
    if (!chat || !std::holds_alternative<std::string>(prompt)) return prompt;
    return std::vector<ChatMessage>{{"user", std::get<std::string>(prompt)}};
}

std::vector<Text> wanted_prompts(const GenerateOptions& options) {
    if (options.prompt.has_value() != options.prompts.empty()) {
        throw Error(ErrorKind::argument, "generate: give either --prompt TEXT or --prompts FILE");
    }
    if (options.prompt && options.prompt->empty()) throw Error(ErrorKind::argument, "--prompt: must not be empty");
    std::vector<Text> prompts = options.prompt ? std::vector<Text>{*options.prompt} : read_prompts(options.prompts);
    for (Text& prompt : prompts) prompt = as_asked(std::move(prompt), options.chat);
    return prompts;
}

std::vector<UsedVector> read_vectors(const GenerateOptions& options) {
    std::vector<UsedVector> used;
    for (const std::string& text : options.vectors) {
        const DosedFile wanted = parse_dosed_file(text);
        used.push_back({wanted.file, read_dosed_vector(wanted, parse_numbering(options.numbering))});
    }
    return used;
}

std::shared_ptr<const SteeringPlan> plan_for(const std::vector<UsedVector>& used, const ModelIdentity& model,
                                             IdentityMismatch policy) {
    std::vector<ControlVector> vectors;
    for (const UsedVector& each : used) {
        require_fits(each.vector, each.file.string(), model, policy);
        vectors.push_back(each.vector);
    }
    return combined_plan(vectors);
}

std::vector<std::string> continuations(const std::shared_ptr<const Model>& model, const std::vector<Text>& prompts,
                                       std::shared_ptr<const SteeringPlan> plan, const GenerateOptions& options,
                                       Session& session) {
    std::vector<GenerationRequest> requests;
    for (const Text& prompt : prompts) requests.push_back({model->tokenizer().tokenise_text(prompt), plan});
    SamplingOptions sampling = options.sampling;
    sampling.seed = static_cast<std::uint32_t>(session.options().seed);
    return generate(model, requests, sampling, session.options().threads, session.context());
}

Json vector_to_json(const UsedVector& used, const std::string& numbering) {
    Json layers = Json::array();
    Json dose;
    for (const ControlLayer& layer : used.vector.layers) {
        layers.push_back(layer.layer.value);
        if (layer.dose != 0) dose = layer.dose;
    }
    return {{"file", used.file.string()},
            {"dose", dose},
            {"layers", layers},
            {"layer_numbering", used.vector.target ? Json() : Json(numbering)}};
}

Json result_to_json(const std::vector<std::string>& texts, const std::vector<UsedVector>& used,
                    const std::string& numbering) {
    Json vectors = Json::array();
    for (const UsedVector& each : used) vectors.push_back(vector_to_json(each, numbering));
    return {{"texts", texts}, {"vectors", vectors}};
}

std::string result_to_text(const std::vector<Text>& prompts, const std::vector<std::string>& texts,
                           const GenerateOptions& options) {
    std::string result;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const bool chat = !std::holds_alternative<std::string>(prompts[i]);
        const std::string prompt = options.completion_only ? "" : plain_text(prompts[i]) + (chat ? "\n" : "");
        result += (i > 0 ? "\n" : "") + prompt + texts[i] + "\n";
    }
    return result;
}

std::string text_lines(const std::vector<std::string>& texts) {
    std::string lines;
    for (const std::string& text : texts) {
        lines += Json{{"text", text}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    }
    return lines;
}

ExitCode run_generate(const GenerateOptions& options, Session& session) {
    const std::vector<Text> prompts = wanted_prompts(options);
    const std::vector<UsedVector> used = read_vectors(options);
    if (!options.out.empty()) require_writable(options.out, {options.model, options.prompts});
    const std::shared_ptr<const Model> model = open_model(session, options.model);
    for (const UsedVector& each : used) {
        if (!each.vector.target) session.note(each.file.string() + ": " + foreign_text(options.numbering));
    }
    const auto plan = plan_for(used, model->identity(), session.identity_policy());
    const std::vector<std::string> texts = continuations(model, prompts, plan, options, session);
    if (!options.out.empty()) write_text_file(options.out, text_lines(texts));
    session.show(result_to_json(texts, used, options.numbering),
                 options.out.empty() ? result_to_text(prompts, texts, options) : "");
    return ExitCode::done;
}

void add_sampling_options(CLI::App& command, SamplingOptions& sampling) {
    command.add_option("--max-tokens", sampling.max_tokens, "Most tokens of a continuation")
        ->check(whole_number_within(1, kLargestCount))
        ->capture_default_str();
    command.add_option("--temperature", sampling.temperature, "0: always the most likely token")
        ->check(number_within(0, 1000))
        ->capture_default_str();
    command.add_option("--top-p", sampling.top_p, "Share of probability that is drawn from; 1: all")
        ->check(number_within(0, 1))
        ->capture_default_str();
}

}  // namespace

void add_generate_command(CLI::App& app, CommandLine& line) {
    auto options = std::make_shared<GenerateOptions>();
    CLI::App& command =
        add_command(app, "generate", "Continues prompts, steered by vectors or not",
                    "contrans generate --model gemma.gguf --vector polite.gguf=0.4 --prompt \"Support:\"");
    command.add_option("--model", options->model, "Model (GGUF)")->required();
    command
        .add_option(
            "--vector", options->vectors,
            "V.gguf as written, or V.gguf=DOSE in units of the layer's spread, negative for the opposite; several "
            "add up")
        ->allow_extra_args(false);
    command.add_option("--layer-numbering", options->numbering, "Of other engines' vectors: as-written or one-late")
        ->capture_default_str();
    command.add_option("--prompt", options->prompt, "One prompt");
    command.add_option("--prompts", options->prompts, "Or many: .txt (one a line) or .jsonl ({\"prompt\": …})");
    command.add_flag("--chat", options->chat, "The prompt is a user's message in the model's own chat template");
    command.add_flag("--completion-only", options->completion_only, "Print the continuations without their prompts");
    add_sampling_options(command, options->sampling);
    command.add_option("--out", options->out, "Write one {\"text\": continuation} per prompt here");
    command.callback(
        [&line, options] { line.run = [options](Session& session) { return run_generate(*options, session); }; });
}

}  // namespace contrans::cli
