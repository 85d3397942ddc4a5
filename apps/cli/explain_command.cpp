#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/cli/command_line.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "apps/cli/vector_plan.h"
#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/pipeline/explain.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/vector_set.h"

namespace contrans::cli {
namespace {

struct ExplainArguments {
    std::string target;
    std::string vector;
    std::string numbering = "as-written";
    std::vector<std::string> texts;
    std::string neutral;
    std::size_t words = 20;
    std::string html;
};

std::string words_line(const char* what, const std::vector<WordChange>& words) {
    std::string line = what;
    for (const WordChange& word : words) line += " " + word.word;
    return line + "\n";
}

std::string to_text(const Explanation& explanation) {
    std::vector<std::vector<std::string>> rows = {{"layer", "change", "along", "usual", "sigma", "share"}};
    for (const LayerChange& layer : explanation.layers) {
        std::string share;
        for (const LayerShare& steered : explanation.shares)
            if (steered.layer == layer.layer) share = fixed(steered.share);
        rows.push_back({std::to_string(layer.layer.value), fixed(layer.change), fixed(layer.along), fixed(layer.usual),
                        fixed(layer.sigma, 1), share});
    }
    return aligned(rows) +
           "\nchange: how far neutral states move, along: of that along the concept, usual: how far they go that way "
           "by themselves,\nall in sigma; share: of the effect on the next word, by that layer alone\n\n" +
           words_line("likelier:   ", explanation.promoted) + words_line("less likely:", explanation.suppressed);
}

ExitCode run_explain(const ExplainArguments& arguments, Session& session) {
    if (std::ranges::count(arguments.texts, "") != 0)
        throw Error(ErrorKind::argument, "--text: must not be empty (got an empty text)");
    const DosedFile wanted = parse_dosed_file(arguments.vector);
    const ControlVector vector = read_dosed_vector(wanted, parse_numbering(arguments.numbering));
    require_fits(vector, wanted.file.string(), read_model_identity(arguments.target), session.identity_policy());
    if (!arguments.html.empty()) require_writable(arguments.html, {arguments.target, wanted.file});
    ExplainRequest request;
    request.texts = arguments.texts;
    request.neutral = read_neutral(arguments.neutral);
    request.words = arguments.words;
    request.identity = session.identity_policy();
    request.threads = session.options().threads;
    const Explanation explanation = explain(open_model(session, arguments.target), vector, request, session.context());
    if (!arguments.html.empty()) write_text_file(arguments.html, render_explanation_html(explanation));
    session.show(nlohmann::ordered_json::parse(explanation_to_json(explanation)), to_text(explanation));
    if (!arguments.html.empty()) session.note(arguments.html + " written");
    return ExitCode::done;
}

}  // namespace

void add_explain_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<ExplainArguments>();
    CLI::App& command =
        add_command(app, "explain", "What a vector does inside the target: layers, words, and texts token by token",
                    "contrans explain --target gemma.gguf --vector happy.gguf --text \"We lost the "
                    "match but the evening was lovely.\" --html happy.html");
    command.add_option("--target", arguments->target, "Target model (GGUF)")->required();
    command
        .add_option("--vector", arguments->vector, "Control vector (GGUF), as V.gguf or at another dose as V.gguf=0.4")
        ->required();
    command.add_option("--layer-numbering", arguments->numbering, "Of other engines' vectors: as-written or one-late")
        ->capture_default_str();
    command.add_option("--text", arguments->texts, "Text to be coloured token by token; may be given several times");
    command.add_option("--neutral", arguments->neutral,
                       "Texts that layers and words are measured on; default: built in");
    command.add_option("--words", arguments->words, "Words listed each way")
        ->check(whole_number_within(1, 1000))
        ->capture_default_str();
    command.add_option("--html", arguments->html, "Page to write, with a chart and the coloured texts");
    command.callback(
        [&line, arguments] { line.run = [arguments](Session& session) { return run_explain(*arguments, session); }; });
}

}  // namespace contrans::cli
