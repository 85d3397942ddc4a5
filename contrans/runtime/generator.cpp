#include "contrans/runtime/generator.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "llama.h"

namespace contrans {
namespace {

constexpr std::size_t kSlots = 16;
constexpr std::size_t kBatchTokens = 512;

struct SamplerDeleter {
    void operator()(llama_sampler* sampler) const noexcept { llama_sampler_free(sampler); }
};
using Sampler = std::unique_ptr<llama_sampler, SamplerDeleter>;

Sampler make_sampler(const SamplingOptions& options, std::size_t request) {
    Sampler chain(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    if (options.temperature <= 0) {
        llama_sampler_chain_add(chain.get(), llama_sampler_init_greedy());
        return chain;
    }
    llama_sampler_chain_add(chain.get(), llama_sampler_init_top_k(static_cast<int32_t>(options.top_k)));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_top_p(static_cast<float>(options.top_p), 1));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_temp(static_cast<float>(options.temperature)));
    llama_sampler_chain_add(chain.get(), llama_sampler_init_dist(options.seed + static_cast<std::uint32_t>(request)));
    return chain;
}

Token sample(llama_sampler* sampler, std::span<const float> logits) {
    std::vector<llama_token_data> candidates(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) candidates[i] = {static_cast<Token>(i), logits[i], 0.0F};
    llama_token_data_array array{candidates.data(), candidates.size(), -1, false};
    llama_sampler_apply(sampler, &array);
    return array.data[array.selected].id;
}

std::size_t most_tokens(const GenerationRequest& request, const SamplingOptions& sampling) {
    return request.max_tokens != 0 ? request.max_tokens : sampling.max_tokens;
}

/// A sequence in the making: what is still to be read, and what was written.
struct Slot {
    std::size_t request = 0;
    Sampler sampler;
    std::size_t position = 0;    // tokens already in the KV cache
    std::vector<Token> pending;  // to be read next: the prompt, later one sampled token
    std::vector<Token> answer;
};

class Batcher {
public:
    Batcher(Engine& engine, std::span<const GenerationRequest> requests, const SamplingOptions& sampling)
        : engine_(engine), requests_(requests), sampling_(sampling), texts_(requests.size()), slots_(kSlots) {}

    std::vector<std::string> run(const RunContext& context) {
        while (finished_ < requests_.size()) {
            fill_slots();
            step();
            context.advance(finished_);
        }
        return std::move(texts_);
    }

private:
    void fill_slots() {
        for (auto& slot : slots_) {
            if (slot || next_ == requests_.size()) continue;
            slot.emplace(Slot{next_, make_sampler(sampling_, next_), 0, requests_[next_].prompt, {}});
            ++next_;
        }
    }

    /// One decode: as many pending tokens of every slot as the batch holds.
    void step() {
        std::vector<BatchRow> rows;
        std::vector<std::pair<std::size_t, std::size_t>> sampled;  // slot, row
        for (std::size_t s = 0; s < slots_.size(); ++s) {
            if (!slots_[s]) continue;
            Slot& slot = *slots_[s];
            // Every slot behind this one keeps room for a token.
            const std::size_t room = kBatchTokens - rows.size() - (slots_.size() - 1 - s);
            const std::size_t n = std::min(slot.pending.size(), room);
            for (std::size_t i = 0; i < n; ++i) {
                const bool last = i + 1 == slot.pending.size();
                rows.push_back({slot.pending[i], slot.position + i, {s}, last, requests_[slot.request].steering});
                if (last) sampled.emplace_back(s, rows.size() - 1);
            }
            slot.position += n;
            slot.pending.erase(slot.pending.begin(), slot.pending.begin() + static_cast<std::ptrdiff_t>(n));
        }
        engine_.decode(rows);
        for (const auto& [s, row] : sampled) take(s, sample(slots_[s]->sampler.get(), engine_.logits(row)));
    }

    void take(std::size_t s, Token token) {
        Slot& slot = *slots_[s];
        const Tokenizer& tokenizer = engine_.model().tokenizer();
        const bool ends = tokenizer.ends_generation(token);
        if (!ends) slot.answer.push_back(token);
        slot.pending = {token};
        if (!ends && slot.answer.size() < most_tokens(requests_[slot.request], sampling_)) return;
        texts_[slot.request] = tokenizer.detokenise(slot.answer);
        engine_.forget_sequence(s);
        slots_[s].reset();
        ++finished_;
    }

    Engine& engine_;
    std::span<const GenerationRequest> requests_;
    const SamplingOptions& sampling_;
    std::vector<std::string> texts_;
    std::vector<std::optional<Slot>> slots_;
    std::size_t next_ = 0;
    std::size_t finished_ = 0;
};

std::size_t context_for(const Model& model, std::span<const GenerationRequest> requests,
                        const SamplingOptions& sampling) {
    std::size_t longest = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (requests[i].prompt.empty()) {
            throw Error(ErrorKind::argument, "generate: prompt " + std::to_string(i + 1) + " is empty");
        }
        const std::size_t more = most_tokens(requests[i], sampling);
        if (requests[i].prompt.size() + more > model.trained_context()) {
            throw Error(ErrorKind::argument, "generate: a prompt of " + std::to_string(requests[i].prompt.size()) +
                                                 " tokens and " + std::to_string(more) +
                                                 " more exceed the context of " +
                                                 std::to_string(model.trained_context()));
        }
        longest = std::max(longest, requests[i].prompt.size() + more);
    }
    return longest * std::min(kSlots, requests.size());
}

}  // namespace

std::vector<std::string> generate(const std::shared_ptr<const Model>& model,
                                  std::span<const GenerationRequest> requests, const SamplingOptions& sampling,
                                  std::size_t threads, const RunContext& context) {
    const auto wants_none = [&](const GenerationRequest& request) { return most_tokens(request, sampling) == 0; };
    if (std::ranges::all_of(requests, wants_none)) return std::vector<std::string>(requests.size());
    EngineOptions options;
    options.batch_tokens = kBatchTokens;
    options.context_tokens = context_for(*model, requests, sampling);
    options.sequences = kSlots;
    options.logit_rows = kSlots;
    options.threads = threads;
    Engine engine(model, options);
    context.begin("generate", "texts", requests.size());
    std::vector<std::string> texts = Batcher(engine, requests, sampling).run(context);
    context.end();
    return texts;
}

}  // namespace contrans
