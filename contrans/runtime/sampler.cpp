#include "contrans/runtime/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>
#include <unordered_map>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/runtime/grammar_sampler.h"
#include "contrans/runtime/likeliest.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/seen_tokens.h"
#include "llama.h"

namespace contrans {
namespace {

struct Free {
    void operator()(llama_sampler* sampler) const noexcept { llama_sampler_free(sampler); }
};
using Chain = std::unique_ptr<llama_sampler, Free>;

/// What comes after top_k; null where the likeliest token is taken.
Chain make_chain(const SamplerOptions& options) {
    if (options.temperature <= 0) return nullptr;
    Chain chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    const auto add = [&](llama_sampler* sampler) { llama_sampler_chain_add(chain.get(), sampler); };
    if (options.typical_p < 1) add(llama_sampler_init_typical(static_cast<float>(options.typical_p), 1));
    if (options.top_p < 1) add(llama_sampler_init_top_p(static_cast<float>(options.top_p), 1));
    if (options.min_p > 0) add(llama_sampler_init_min_p(static_cast<float>(options.min_p), 1));
    add(llama_sampler_init_temp(static_cast<float>(options.temperature)));
    const std::uint32_t seed = options.seed ? *options.seed : std::random_device{}();
    // This one value means "draw one yourself" to llama.cpp.
    add(llama_sampler_init_dist(seed == LLAMA_DEFAULT_SEED ? seed - 1 : seed));
    return chain;
}

/// What the request and the model itself add to logits; −∞ bans.
std::unordered_map<Token, double> biases_of(const Model& model, const SamplerOptions& options) {
    std::unordered_map<Token, double> biases;
    for (const auto& [token, bias] : options.logit_bias) biases[token] += bias;
    int32_t n = 0;
    const llama_token* banned = llama_vocab_get_suppress_tokens(llama_model_get_vocab(model.handle()), &n);
    for (int32_t i = 0; i < n; ++i) biases[banned[i]] = -INFINITY;
    return biases;
}

}  // namespace

struct Sampler::State {
    std::shared_ptr<const Model> model;
    SamplerOptions options;
    std::unordered_map<Token, double> biases;
    SeenTokens seen;
    std::optional<GrammarSampler> grammar;
    Chain chain;
    std::vector<llama_token_data> candidates;  // kept for its memory

    [[nodiscard]] bool penalises() const {
        return options.repetition_penalty != 1 || options.presence_penalty != 0 || options.frequency_penalty != 0;
    }

    /// A token's logit after bias and penalties.
    [[nodiscard]] float adjusted(Token token, float logit) const {
        double value = static_cast<double>(logit);
        if (const auto bias = biases.find(token); bias != biases.end()) value += bias->second;
        const auto seen_token = penalises() ? seen.counts().find(token) : seen.counts().end();
        if (seen_token == seen.counts().end()) return static_cast<float>(value);
        value = value > 0 ? value / options.repetition_penalty : value * options.repetition_penalty;
        const auto times = static_cast<double>(seen_token->second);
        return static_cast<float>(value - times * options.frequency_penalty - options.presence_penalty);
    }

    [[nodiscard]] std::vector<Token> adjusted_tokens() const {
        std::vector<Token> tokens;
        for (const auto& [token, bias] : biases) tokens.push_back(token);
        if (!penalises()) return tokens;
        for (const auto& [token, times] : seen.counts()) {
            if (!biases.contains(token)) tokens.push_back(token);
        }
        return tokens;
    }

    /// The k largest adjusted logits lie among the k + m largest raw ones and the m that are adjusted.
    void gather_top(std::span<const float> logits, std::size_t k) {
        const std::vector<Token> changed = adjusted_tokens();
        candidates.clear();
        for (const auto& [token, logit] : likeliest(logits, k + changed.size())) {
            candidates.push_back({token, adjusted(token, logit), 0});
        }
        for (const Token token : changed) {
            const auto known = [&](const llama_token_data& one) { return one.id == token; };
            if (std::any_of(candidates.begin(), candidates.end(), known)) continue;
            candidates.push_back({token, adjusted(token, logits[static_cast<std::size_t>(token)]), 0});
        }
        if (!changed.empty()) sort_and_cut(k);
    }

    void gather_all(std::span<const float> logits) {
        candidates.resize(logits.size());
        for (std::size_t i = 0; i < logits.size(); ++i) candidates[i] = {static_cast<Token>(i), logits[i], 0};
        for (const Token token : adjusted_tokens()) {
            llama_token_data& one = candidates[static_cast<std::size_t>(token)];
            one.logit = adjusted(token, one.logit);
        }
    }

    void sort_and_cut(std::size_t k) {
        const auto before = [](const llama_token_data& a, const llama_token_data& b) {
            return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
        };
        const auto middle = candidates.begin() + static_cast<std::ptrdiff_t>(std::min(k, candidates.size()));
        std::partial_sort(candidates.begin(), middle, candidates.end(), before);
        candidates.erase(middle, candidates.end());
    }

    /// Candidates that top_k lets through: 1 for the likeliest, all of the vocabulary for "off".
    [[nodiscard]] std::size_t breadth(std::size_t vocabulary) const {
        if (options.temperature <= 0) return 1;
        return options.top_k == 0 ? vocabulary : std::min(options.top_k, vocabulary);
    }

    void drop_banned() {
        std::erase_if(candidates, [](const llama_token_data& one) { return !(one.logit > -INFINITY); });
        if (candidates.empty()) throw Error(ErrorKind::numeric, "sampling: no token is left to choose from");
    }

    Token draw() {
        drop_banned();
        if (!chain)
            return std::max_element(candidates.begin(), candidates.end(),
                                    [](const auto& a, const auto& b) {
                                        return a.logit != b.logit ? a.logit < b.logit : a.id > b.id;
                                    })
                ->id;
        llama_token_data_array array{candidates.data(), candidates.size(), -1, false};
        llama_sampler_apply(chain.get(), &array);
        return array.data[array.selected].id;
    }

    Token draw_freely(std::span<const float> logits) {
        const std::size_t k = breadth(logits.size());
        k < logits.size() ? gather_top(logits, k) : gather_all(logits);
        return draw();
    }

    /// The grammar goes over the whole vocabulary, which is slow: only where a free draw breaks it.
    Token draw_by_grammar(std::span<const float> logits) {
        gather_all(logits);
        grammar->forbid(candidates);
        drop_banned();
        sort_and_cut(breadth(logits.size()));
        return draw();
    }
};

Sampler::Sampler(std::shared_ptr<const Model> model, SamplerOptions options) {
    require_valid(options, model->vocabulary_size());
    auto biases = biases_of(*model, options);
    auto chain = make_chain(options);
    state_ = std::make_unique<State>(State{.model = std::move(model),
                                           .options = std::move(options),
                                           .biases = std::move(biases),
                                           .seen = SeenTokens(0),
                                           .grammar = std::nullopt,
                                           .chain = std::move(chain),
                                           .candidates = {}});
    state_->seen = SeenTokens(state_->options.penalty_window);
    if (!state_->options.grammar.gbnf.empty()) state_->grammar.emplace(*state_->model, state_->options.grammar);
}

Sampler::~Sampler() = default;

void Sampler::see(std::span<const Token> prompt) {
    if (!state_->penalises()) return;
    const std::size_t n = std::min(prompt.size(), state_->options.penalty_window);
    for (const Token token : prompt.last(n)) state_->seen.add(token);
}

Token Sampler::sample(std::span<const float> logits) {
    Token token = state_->draw_freely(logits);
    if (state_->grammar) {
        if (!state_->grammar->allows(token)) token = state_->draw_by_grammar(logits);
        state_->grammar->accept(token);
    }
    if (state_->penalises()) state_->seen.add(token);
    return token;
}

Logprobs logprobs_of(std::span<const float> logits, Token chosen, std::size_t n) {
    const double total = log_normaliser(logits);
    Logprobs result;
    result.chosen = static_cast<double>(logits[static_cast<std::size_t>(chosen)]) - total;
    for (const auto& [token, logit] : likeliest(logits, n)) {
        result.top.push_back({token, static_cast<double>(logit) - total});
    }
    return result;
}

}  // namespace contrans
