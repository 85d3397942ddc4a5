#include "contrans/pipeline/measure_reading.h"

#include <algorithm>
#include <chrono>

#include "contrans/harvest/harvester.h"
#include "contrans/runtime/engine.h"

namespace contrans {
namespace {

constexpr std::size_t kTokensPerThread = 2048;
constexpr int kRounds = 2;
constexpr double kClearlyFaster = 1.05;

std::vector<ReadingOptions> ways_to_read(const Model& model, std::size_t threads) {
    std::vector<ReadingOptions> ways = {{}, {512, 1}, {1024, 1}};
    if (model.offloaded()) {
        ways.push_back({2048, 1});
    } else if (threads > 1) {
        ways.push_back({ReadingOptions{}.batch_tokens, threads});
    }
    return ways;
}

/// Some of the texts, as far as the model can read them.
std::vector<TokenSelection> sample_of(const Model& model, std::span<const std::string> texts, std::size_t tokens) {
    std::vector<TokenSelection> sample;
    std::size_t drawn = 0;
    for (std::size_t t = 0; t < texts.size() && drawn < tokens; ++t) {
        std::vector<Token> text = model.tokenizer().tokenise(texts[t]);
        if (text.size() > model.trained_context()) continue;
        drawn += text.size();
        const std::size_t last = text.size() - 1;
        sample.push_back({std::move(text), {last}});
    }
    return sample;
}

double tokens_per_second(const std::shared_ptr<const Model>& model, std::span<const TokenSelection> sample,
                         const HarvestOptions& options, const RunContext& context) {
    std::size_t tokens = 0;
    for (const TokenSelection& text : sample) tokens += text.tokens.size();
    const auto start = std::chrono::steady_clock::now();
    (void)harvest_tokens(model, sample, options, {nullptr, context.stop});
    return static_cast<double>(tokens) /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::vector<ReadingTrial> try_readings(const std::shared_ptr<const Model>& model, std::span<const std::string> texts,
                                       std::size_t threads, const RunContext& context) {
    const std::size_t all_threads = threads_for({.threads = threads});
    std::vector<ReadingTrial> trials;
    for (const ReadingOptions& way : ways_to_read(*model, all_threads)) trials.push_back({way, 0});
    const std::vector<TokenSelection> sample = sample_of(*model, texts, all_threads * kTokensPerThread);
    if (sample.empty()) return trials;
    const std::vector<LayerIndex> layers = {LayerIndex{model->n_layers() > 1 ? model->n_layers() - 2 : 0}};
    context.begin("try ways to read", "trials", kRounds * trials.size());
    for (std::size_t trial = 0; trial < kRounds * trials.size(); ++trial) {
        ReadingTrial& tried = trials[trial % trials.size()];
        const double rate = tokens_per_second(model, sample, {layers, threads, tried.reading}, context);
        tried.tokens_per_second = std::max(tried.tokens_per_second, rate);
        context.advance(trial + 1);
    }
    context.end();
    return trials;
}

ReadingTrial fastest(std::span<const ReadingTrial> trials) {
    const auto best = std::ranges::max_element(trials, {}, &ReadingTrial::tokens_per_second);
    return best->tokens_per_second > kClearlyFaster * trials.front().tokens_per_second ? *best : trials.front();
}

}  // namespace contrans
