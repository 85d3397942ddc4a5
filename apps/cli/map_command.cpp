#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/chosen_reading.h"
#include "apps/cli/command_line.h"
#include "apps/cli/layer_options.h"
#include "apps/cli/massive_text.h"
#include "apps/cli/number_checks.h"
#include "apps/cli/opened_model.h"
#include "apps/cli/output_file.h"
#include "apps/cli/session.h"
#include "apps/cli/text_columns.h"
#include "contrans/core/model_identity_json.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/harvest/corpus.h"
#include "contrans/mapping/map_file.h"
#include "contrans/mapping/statistics_file.h"
#include "contrans/pipeline/gather_statistics.h"
#include "contrans/pipeline/neutral_texts.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

struct MapArguments {
    std::string source;
    std::string target;
    std::vector<std::string> corpus;
    std::string source_layers;
    std::string target_layers;
    std::size_t shortlist = MapRequest{}.shortlist;
    bool all_fits = false;
    std::size_t limit = 0;
    std::string neutral;
    std::vector<std::string> add_statistics;
    std::string keep_statistics;
    std::string out;
};

/// A model file, or a folder of states. `store` is set for the latter.
struct OpenedSide {
    std::unique_ptr<StateReader> reader;
    std::shared_ptr<const ActivationReader> store;
};

OpenedSide open_side(const std::string& path, const Session& session) {
    if (!std::filesystem::is_directory(path)) {
        const std::shared_ptr<const Model> model = open_model(session, path);
        return {std::make_unique<ModelStateReader>(model, agreed_reading(session, *model)), nullptr};
    }
    auto store = std::make_shared<const ActivationReader>(path);
    return {std::make_unique<StoredStateReader>(store), store};
}

MapRequest request_of(const MapArguments& arguments, const GlobalOptions& global) {
    MapRequest request;
    request.source_layers = parse_layers("--source-layers", arguments.source_layers);
    request.target_layers = parse_layers("--target-layers", arguments.target_layers);
    request.shortlist = arguments.shortlist;
    request.fits = arguments.all_fits ? FitScope::all : FitScope::usual;
    request.neutral = read_neutral(arguments.neutral);
    request.seed = global.seed;
    request.threads = global.threads;
    return request;
}

std::optional<double> cka_of(const MapSet& maps, const MapEntry& entry) {
    for (const LayerPairSimilarity& pair : maps.similarity) {
        if (pair.source_layer == entry.source_layer && pair.target_layer == entry.target_layer) return pair.cka;
    }
    return std::nullopt;
}

Json similarity_to_json(const MapSet& maps) {
    Json pairs = Json::array();
    for (const LayerPairSimilarity& pair : maps.similarity) {
        pairs.push_back(
            {{"source_layer", pair.source_layer.value}, {"target_layer", pair.target_layer.value}, {"cka", pair.cka}});
    }
    return pairs;
}

Json entry_to_json(const MapSet& maps, const MapEntry& entry) {
    const std::optional<double> cka = cka_of(maps, entry);
    return {{"source_layer", entry.source_layer.value},
            {"target_layer", entry.target_layer.value},
            {"fit", to_string(entry.kind)},
            {"cka", cka ? Json(*cka) : Json()},
            {"rows", entry.evidence.rows},
            {"rank", entry.evidence.rank},
            {"penalty", entry.evidence.penalty},
            {"gcv_penalty", entry.evidence.gcv_penalty ? Json(*entry.evidence.gcv_penalty) : Json()},
            {"held_out_r2", entry.evidence.held_out_r2},
            {"held_out_r2_standard", entry.evidence.held_out_r2_standard},
            {"directional", entry.evidence.directional}};
}

Json to_json(const MapSet& maps, const std::string& out, double seconds) {
    Json entries = Json::array();
    for (const MapEntry& entry : maps.entries) entries.push_back(entry_to_json(maps, entry));
    return {{"source", identity_to_json(maps.source)},
            {"target", identity_to_json(maps.target)},
            {"texts", maps.n_texts},
            {"token_match", maps.token_match},
            {"rows_masked", maps.rows_masked},
            {"massive", massive_to_json(maps)},
            {"layer_pairs", similarity_to_json(maps)},
            {"maps", entries},
            {"out", out},
            {"seconds", seconds}};
}

std::string to_text(const MapSet& maps, const std::string& out, double seconds) {
    std::vector<std::vector<std::string>> rows = {
        {"layers", "fit", "CKA", "rows", "rank", "penalty", "GCV", "R2", "R2 standard", "directional"}};
    for (const MapEntry& entry : maps.entries) {
        const MapEvidence& evidence = entry.evidence;
        rows.push_back({std::to_string(entry.source_layer.value) + "->" + std::to_string(entry.target_layer.value),
                        to_string(entry.kind), fixed(cka_of(maps, entry)), std::to_string(evidence.rows),
                        std::to_string(evidence.rank), fixed(evidence.penalty, 4),
                        evidence.gcv_penalty ? fixed(*evidence.gcv_penalty, 4) : "-", fixed(evidence.held_out_r2, 3),
                        fixed(evidence.held_out_r2_standard, 3), fixed(evidence.directional, 3)});
    }
    return describe(maps.source) + " -> " + describe(maps.target) + ", " + std::to_string(maps.n_texts) + " texts, " +
           fixed(100 * maps.token_match, 0) + "% of tokens match, " + std::to_string(maps.rows_masked) +
           " massive rows left out\n" + fact_lines(massive_facts(maps)) + aligned(rows) + out + " written after " +
           fixed(seconds, 1) + " s\n";
}

void require_inputs_kept(const MapArguments& arguments) {
    for (const std::string& out : {arguments.out, arguments.keep_statistics}) {
        if (out.empty()) continue;
        require_writable(out, {arguments.source, arguments.target, arguments.neutral});
        for (const std::string& file : arguments.corpus) require_writable(out, {file});
    }
    // Statistics may be kept where they were read.
    for (const std::string& file : arguments.add_statistics) require_writable(arguments.out, {file});
    if (arguments.keep_statistics == arguments.out)
        throw Error(ErrorKind::argument, "--keep-statistics: must be another file than --out");
}

void require_a_side_to_read(const MapArguments& arguments) {
    const bool reads = !arguments.source.empty();
    if (reads != !arguments.target.empty()) throw Error(ErrorKind::argument, "--source and --target go together");
    if (!reads && arguments.add_statistics.empty()) {
        throw Error(ErrorKind::argument, "--source and --target are required, or --add-statistics to fit from alone");
    }
    const bool stored =
        std::filesystem::is_directory(arguments.source) || std::filesystem::is_directory(arguments.target);
    if (reads && arguments.corpus.empty() && !stored) {
        throw Error(ErrorKind::argument, "--corpus is required where source and target are models");
    }
    if (!reads && !arguments.corpus.empty()) {
        throw Error(ErrorKind::argument, "--corpus needs --source and --target to read it");
    }
    if (!arguments.add_statistics.empty() && !(arguments.source_layers.empty() && arguments.target_layers.empty())) {
        throw Error(ErrorKind::argument, "--source-layers, --target-layers: --add-statistics brings its own layers");
    }
}

/// All that was kept earlier, as one.
std::optional<MapStatistics> read_earlier(const std::vector<std::string>& files) {
    std::optional<MapStatistics> all;
    for (const std::string& file : files) {
        MapStatistics statistics = read_statistics(file);
        if (all) {
            all->merge(statistics);
        } else {
            all = std::move(statistics);
        }
    }
    return all;
}

/// What the texts are summed up to, on top of what was kept earlier. Nothing on ranks but the first.
std::optional<MapStatistics> gather(const MapArguments& arguments, const MapRequest& request, Session& session) {
    std::optional<MapStatistics> statistics = read_earlier(arguments.add_statistics);
    if (arguments.source.empty()) return statistics;
    auto texts =
        read_corpus_files(std::vector<std::filesystem::path>(arguments.corpus.begin(), arguments.corpus.end()));
    const OpenedSide source = open_side(arguments.source, session);
    const OpenedSide target = open_side(arguments.target, session);
    require_layers("--source-layers", request.source_layers, source.reader->identity());
    require_layers("--target-layers", request.target_layers, target.reader->identity());
    if (texts.empty()) texts = {(source.store ? source.store : target.store)->texts()};
    const std::vector<std::string> drawn = draw_evenly(std::move(texts), arguments.limit, request.seed);
    const ReaderPair readers{*source.reader, *target.reader};
    if (!statistics) return gather_statistics(readers, drawn, request, session.ranks(), session.context());
    const std::size_t known = add_texts(*statistics, readers, drawn, request, session.ranks(), session.context());
    if (known != 0) {
        session.note(std::to_string(known) + " of " + std::to_string(drawn.size()) +
                     " texts stand in the statistics already and are left out");
    }
    return statistics;
}

ExitCode run_map(const MapArguments& arguments, Session& session) {
    const MapRequest request = request_of(arguments, session.options());
    require_a_side_to_read(arguments);
    if (session.ranks().is_first()) require_inputs_kept(arguments);
    std::optional<MapStatistics> statistics = gather(arguments, request, session);
    if (!session.ranks().is_first()) return ExitCode::done;
    const MapSet maps = fit_maps(*statistics, request.fits, session.context());
    if (!arguments.keep_statistics.empty()) write_statistics(*statistics, arguments.keep_statistics);
    write_map_set(maps, arguments.out);
    session.show(to_json(maps, arguments.out, session.seconds()), to_text(maps, arguments.out, session.seconds()));
    return ExitCode::done;
}

}  // namespace

void add_map_command(CLI::App& app, CommandLine& line) {
    auto arguments = std::make_shared<MapArguments>();
    CLI::App& command =
        add_command(app, "map", "Fits maps from one model's residual stream to another's",
                    "contrans map --source smollm2.gguf --target gemma.gguf --corpus data/corpus/mixed.jsonl "
                    "--out map.gguf --keep-statistics sums.gguf\n  contrans map --source smollm2.gguf --target "
                    "gemma.gguf --corpus more.jsonl --add-statistics sums.gguf --out better.gguf");
    command.add_option("--source", arguments->source,
                       "Source model (GGUF), or a folder of its states that contrans harvest made");
    command.add_option("--target", arguments->target, "Target model (GGUF), or a folder of its states");
    command.add_option(
        "--corpus", arguments->corpus,
        "Texts: .txt (one a line) or .jsonl ({\"text\": T}); may be repeated; default: those of a folder");
    command.add_option("--source-layers", arguments->source_layers,
                       "A:B, layers looked at, from 0, B included; default: from 0.73 to 0.95 of the depth");
    command.add_option("--target-layers", arguments->target_layers,
                       "The same for the target; default: from 0.6 to 0.85 of the depth");
    command
        .add_option("--shortlist", arguments->shortlist,
                    "Layers a side that maps are fitted for, spread over those looked at")
        ->check(whole_number_within(1, kLargestCount))
        ->capture_default_str();
    command
        .add_option("--limit", arguments->limit,
                    "Texts drawn from the corpus, as evenly from its files as they allow; 0: all")
        ->check(whole_number_within(0, kLargestCount))
        ->capture_default_str();
    command.add_flag("--all-fits", arguments->all_fits,
                     "Every kind of fit for every layer pair, not only those that mostly win");
    command.add_option("--neutral", arguments->neutral,
                       "Texts that the layers' spread is measured on; default: the built-in development texts");
    command.add_option("--keep-statistics", arguments->keep_statistics,
                       "Also keep what the maps are fitted from, a file that texts can be added to later (GGUF)");
    command.add_option("--add-statistics", arguments->add_statistics,
                       "Statistics kept earlier, to add the corpus to, or to fit from alone; may be repeated");
    command.add_option("--out", arguments->out, "Map file to write (GGUF)")->required();
    command.callback([&line, arguments] {
        line.run = [arguments](Session& session) { return run_map(*arguments, session); };
        line.shares_work = true;
    });
}

}  // namespace contrans::cli
