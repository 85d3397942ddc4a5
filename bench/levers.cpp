// What each lever of reading's speed is worth: on against off, alternating, one JSON object a line on stdout.
//
//   contrans_levers --model M.gguf --deepest 22 --texts data/corpus/mixed.jsonl [--rows early-exit,batch-256] …
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "bench/alternation.h"
#include "bench/few_shot_prompts.h"
#include "bench/matmul_peak.h"
#include "bench/plain_reader.h"
#include "contrans/core/error.h"
#include "contrans/core/ggml_log.h"
#include "contrans/harvest/corpus.h"
#include "contrans/harvest/harvester.h"
#include "contrans/runtime/onednn_kernels.h"
#include "contrans/runtime/parallel_runner.h"

namespace contrans::bench {
namespace {

using Json = nlohmann::ordered_json;
using Requests = std::vector<SequenceRequest>;
using SharedModel = std::shared_ptr<const Model>;
using Logits = PlainReading::Logits;

struct Options {
    std::string model;
    std::string texts;
    std::vector<std::string> rows;  // empty: all
    std::size_t deepest = 0;
    std::size_t n_texts = 190;  // four slices of the parallel runner: even work for two or four cores
    std::size_t rounds = 5;
    std::size_t threads = threads_for({});
};

std::size_t tokens_of(std::span<const SequenceRequest> texts) {
    return std::accumulate(texts.begin(), texts.end(), std::size_t{0},
                           [](std::size_t n, const SequenceRequest& text) { return n + text.tokens.size(); });
}

std::vector<LayerIndex> layers_up_to(std::size_t deepest) {
    std::vector<LayerIndex> layers;
    for (std::size_t k = 0; k <= deepest; ++k) layers.push_back({k});
    return layers;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

class Levers {
public:
    explicit Levers(Options options)
        : options_(std::move(options)),
          model_(Model::load(options_.model, {.weights = WeightMode::expand_slow})),
          wanted_(layers_up_to(options_.deepest)) {
        if (options_.deepest + 1 >= model_->n_layers()) {
            throw Error(ErrorKind::argument,
                        "--deepest: below the last layer, got " + std::to_string(options_.deepest));
        }
        for (const std::string& text : read_corpus(std::vector<std::filesystem::path>{options_.texts})) {
            all_texts_.push_back({model_->tokenizer().tokenise(text), {}, nullptr});
        }
        texts_.assign(all_texts_.begin(),
                      all_texts_.begin() + static_cast<std::ptrdiff_t>(std::min(options_.n_texts, all_texts_.size())));
    }

    void run() {
        early_exit();
        output_head();
        wanted_layers_alone();
        observing();
        packing();
        one_thread_engines();
        shared_prefixes();
        for (const std::size_t tokens : {128U, 512U, 1024U, 2048U}) batch_tokens(tokens);
        expanded_quants();
        onednn_kernels();
        peak("peak-bf16", MatmulPeak::WeightType::bf16);
        peak("peak-f32", MatmulPeak::WeightType::f32);
        change_by_expansion();
    }

private:
    [[nodiscard]] bool chosen(const std::string& row) const {
        return options_.rows.empty() ||
               std::find(options_.rows.begin(), options_.rows.end(), row) != options_.rows.end();
    }

    void compare(const Comparison& comparison) const {
        if (chosen(comparison.row)) std::cout << alternate(comparison, options_.rounds) << std::endl;
    }

    /// Tokens a second of the library's own reading.
    [[nodiscard]] double library_rate(const SharedModel& model, const Requests& texts, EngineOptions engine,
                                      std::vector<LayerIndex> layers) const {
        const SequenceSink sink = sink_of(std::move(layers));
        const double seconds = seconds_of([&] { run_sequences_in_parallel(model, texts, engine, sink, RunContext{}); });
        return static_cast<double>(tokens_of(texts)) / seconds;
    }

    /// Keeps each text's last token's state, as harvesting does.
    [[nodiscard]] SequenceSink sink_of(std::vector<LayerIndex> layers) const {
        return {.observed = std::move(layers),
                .on_points =
                    [kept = std::vector<float>()](LayerIndex, std::size_t, std::size_t, MatrixView points) mutable {
                        kept.assign(points.row(points.rows - 1).begin(), points.row(points.rows - 1).end());
                    },
                .on_logits = [](std::size_t, std::size_t, std::span<const float>) {}};
    }

    [[nodiscard]] EngineOptions engine() const { return engine_options_for(*model_, texts_, options_.threads); }

    [[nodiscard]] std::function<double()> library() const {
        return [this] { return library_rate(model_, texts_, engine(), wanted_); };
    }

    [[nodiscard]] std::function<double()> plain(PlainReading reading) const {
        reading.engines = options_.threads;
        return [this, reading] {
            return static_cast<double>(tokens_of(texts_)) / seconds_of([&] { read_plainly(model_, texts_, reading); });
        };
    }

    void early_exit() const {
        compare({"early-exit",
                 "tokens/s",
                 {"stop above the deepest layer", plain({.observed = wanted_})},
                 {"all layers computed", plain({.observed = wanted_, .logits = Logits::last_row_of_batch})}});
    }

    void output_head() const {
        compare({"output-head",
                 "tokens/s",
                 {"all layers, head for one row a batch", plain({.observed = {}, .logits = Logits::last_row_of_batch})},
                 {"all layers, head for every row", plain({.observed = {}, .logits = Logits::every_row})}});
    }

    void wanted_layers_alone() const {
        compare({"wanted-layers-alone",
                 "tokens/s",
                 {"the deepest layer asked", plain({.observed = {wanted_.back()}})},
                 {"all layers up to it asked", plain({.observed = wanted_})}});
    }

    void observing() const {
        compare({"observing",
                 "tokens/s",
                 {"all layers but the last observed",
                  plain({.observed = all_but_last(model_->n_layers()), .logits = Logits::last_row_of_batch})},
                 {"none observed", plain({.observed = {}, .logits = Logits::last_row_of_batch})}});
    }

    void packing() const {
        compare({"packing",
                 "tokens/s",
                 {"full batches", plain({.observed = wanted_})},
                 {"one text a batch", plain({.observed = wanted_, .texts_a_decode = 1})}});
    }

    void one_thread_engines() const {
        compare({"one-thread-engines",
                 "tokens/s",
                 {"an engine for each core", library()},
                 {"one engine of all cores", [this] {
                      Engine one(model_, engine());
                      const SequenceSink sink = sink_of(wanted_);
                      const double seconds = seconds_of([&] { run_sequences(one, texts_, sink, RunContext{}); });
                      return static_cast<double>(tokens_of(texts_)) / seconds;
                  }}});
    }

    /// Prompts a second; the side that shares nothing reads fewer, as it takes the same time for each.
    void shared_prefixes() const {
        const Requests prompts = few_shot_prompts(all_texts_, {});
        const Requests some(prompts.begin(), prompts.begin() + static_cast<std::ptrdiff_t>(prompts.size() / 8));
        compare(
            {"shared-prefixes",
             "prompts/s",
             {"shared beginnings read once",
              [&] {
                  const double seconds = seconds_of([&] {
                      run_sequences_in_parallel(model_, prompts, engine_options_for(*model_, prompts, options_.threads),
                                                sink_of(wanted_), RunContext{});
                  });
                  return static_cast<double>(prompts.size()) / seconds;
              }},
             {"every prompt from its beginning", [&] {
                  const PlainReading reading{.observed = wanted_, .engines = options_.threads};
                  return static_cast<double>(some.size()) / seconds_of([&] { read_plainly(model_, some, reading); });
              }}});
    }

    void batch_tokens(std::size_t tokens) const {
        const std::string count = std::to_string(tokens);
        compare({"batch-" + count,
                 "tokens/s",
                 {"batches of " + count + " rows",
                  [this, tokens] {
                      EngineOptions options = engine();
                      options.context_tokens += tokens - options.batch_tokens;
                      options.batch_tokens = tokens;
                      return library_rate(model_, texts_, options, wanted_);
                  }},
                 {"batches of " + std::to_string(ReadingOptions{}.batch_tokens) + " rows", library()}});
    }

    void onednn_kernels() const {
        compare({"onednn-kernels", "tokens/s", {"products by oneDNN", library()}, {"products by ggml", [this] {
                                                                                       set_onednn_kernels(false);
                                                                                       const double rate = library()();
                                                                                       set_onednn_kernels(true);
                                                                                       return rate;
                                                                                   }}});
    }

    void expanded_quants() const {
        if (!chosen("expanded-quants")) return;
        const SharedModel quantised = Model::load(options_.model);
        compare({"expanded-quants",
                 "tokens/s",
                 {"slow quants as BF16", library()},
                 {"weights as in the file", [&] { return library_rate(quantised, texts_, engine(), wanted_); }}});
    }

    /// Operations a second in the blocks' matrix products while reading, against those products alone.
    void peak(const std::string& row, MatmulPeak::WeightType type) const {
        if (!chosen(row)) return;
        const MatmulPeak products(options_.model, wanted_.back(), type, engine().batch_tokens);
        const double giga = 1e-9;
        compare({row,
                 "GFLOP/s",
                 {"reading", [&] { return giga * products.flop_per_token() * library()(); }},
                 {"the same products alone", [&] { return giga * products.flops(options_.threads, 2); }}});
    }

    /// How far expansion moves the last tokens' states, layer by layer.
    void change_by_expansion() const {
        if (!chosen("expansion-change")) return;
        std::vector<Text> texts;
        for (const std::string& text : read_corpus(std::vector<std::filesystem::path>{options_.texts})) {
            if (texts.size() < options_.n_texts) texts.emplace_back(text);
        }
        const HarvestOptions options{all_but_last(model_->n_layers()), options_.threads};
        const TextStates expanded = harvest_texts(model_, texts, TextPosition::last, options, RunContext{});
        const TextStates kept =
            harvest_texts(Model::load(options_.model), texts, TextPosition::last, options, RunContext{});
        Json layers = Json::array();
        for (std::size_t l = 0; l < expanded.layers.size(); ++l) {
            layers.push_back(relative_change(kept.states[l], expanded.states[l]));
        }
        std::cout << Json{{"row", "expansion-change"}, {"relative_change", layers}} << std::endl;
    }

    /// Median over texts of ‖a − b‖ / ‖a‖.
    static double relative_change(const Matrix& a, const Matrix& b) {
        std::vector<double> changes;
        for (std::size_t r = 0; r < a.rows(); ++r) {
            double difference = 0;
            double norm = 0;
            for (std::size_t c = 0; c < a.cols(); ++c) {
                difference += std::pow(static_cast<double>(a.row(r)[c]) - b.row(r)[c], 2);
                norm += std::pow(static_cast<double>(a.row(r)[c]), 2);
            }
            changes.push_back(std::sqrt(difference / norm));
        }
        return median(std::move(changes));
    }

    Options options_;
    SharedModel model_;
    std::vector<LayerIndex> wanted_;
    Requests all_texts_;
    Requests texts_;
};

Options parse(int argc, char** argv) {
    Options options;
    CLI::App app("What each lever of reading's speed is worth");
    app.add_option("--model", options.model, "Model (GGUF)")->required();
    app.add_option("--texts", options.texts, "Corpus: .txt or .jsonl")->required();
    app.add_option("--deepest", options.deepest, "Layers 0 to this one are read")->required();
    app.add_option("--rows", options.rows, "Rows to measure; default: all")->delimiter(',');
    app.add_option("--n-texts", options.n_texts, "Texts of one reading")->capture_default_str();
    app.add_option("--rounds", options.rounds)->capture_default_str();
    app.add_option("--threads", options.threads)->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    return options;
}

}  // namespace
}  // namespace contrans::bench

int main(int argc, char** argv) {
    try {
        contrans::bench::Levers(contrans::bench::parse(argc, argv)).run();
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "contrans_levers: " << error.what() << "\n";
        return 1;
    }
}
