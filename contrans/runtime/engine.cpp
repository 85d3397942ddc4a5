#include "contrans/runtime/engine.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/ggml_log.h"
#include "contrans/runtime/usable_cpus.h"
#include "llama.h"

namespace contrans {
namespace {

std::atomic<std::uint64_t> decoded = 0;

struct BatchDeleter {
    void operator()(llama_batch* batch) const noexcept {
        llama_batch_free(*batch);
        delete batch;
    }
};
using Batch = std::unique_ptr<llama_batch, BatchDeleter>;

Batch make_batch(std::span<const BatchRow> rows) {
    std::size_t most_sequences = 1;
    for (const BatchRow& row : rows) most_sequences = std::max(most_sequences, row.sequences.size());
    Batch batch(
        new llama_batch(llama_batch_init(static_cast<int32_t>(rows.size()), 0, static_cast<int32_t>(most_sequences))));
    batch->n_tokens = static_cast<int32_t>(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        batch->token[i] = rows[i].token;
        batch->pos[i] = static_cast<llama_pos>(rows[i].position);
        batch->n_seq_id[i] = static_cast<int32_t>(rows[i].sequences.size());
        for (std::size_t s = 0; s < rows[i].sequences.size(); ++s) {
            batch->seq_id[i][s] = static_cast<llama_seq_id>(rows[i].sequences[s]);
        }
        batch->logits[i] = rows[i].wants_logits ? 1 : 0;
    }
    return batch;
}

llama_context_params context_params(const EngineOptions& options, LayerHook* hook) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<uint32_t>(options.context_tokens);
    params.n_batch = static_cast<uint32_t>(options.batch_tokens);
    params.n_ubatch = params.n_batch;  // one graph a decode: the hook sees all rows of a layer at once
    params.n_seq_max = static_cast<uint32_t>(options.sequences);
    // llama.cpp aborts unless every sequence can have a row.
    params.n_outputs_max =
        static_cast<uint32_t>(std::max(std::min(options.logit_rows, options.batch_tokens), options.sequences));
    params.n_threads = static_cast<int32_t>(threads_for(options));
    params.n_threads_batch = params.n_threads;
    params.kv_unified = true;  // prefixes are shared between sequences
    params.swa_full = true;    // and a sliding window would drop them
    params.no_perf = true;
    params.cb_eval = &LayerHook::on_node;
    params.cb_eval_user_data = hook;
    return params;
}

void require_plan_that_fits(const SteeringPlan& plan, const Model& model) {
    const std::size_t width = plan.width();
    if (width != model.d_model() || plan.deepest_layer().value >= model.n_layers()) {
        throw Error(ErrorKind::model, "engine: steering of width " + std::to_string(width) + " up to layer " +
                                          std::to_string(plan.deepest_layer().value) + ", but " +
                                          describe(model.identity()) + " has width " + std::to_string(model.d_model()) +
                                          " and " + std::to_string(model.n_layers()) + " layers (0-based)");
    }
}

// llama.cpp aborts on rows that break these; steering would write past a row.
void require_rows_that_fit(std::span<const BatchRow> rows, const EngineOptions& options, const Model& model) {
    const std::size_t most = std::min(options.batch_tokens, options.context_tokens);
    if (rows.empty() || rows.size() > most) {
        throw Error(ErrorKind::argument,
                    "engine: a batch holds 1 to " + std::to_string(most) + " rows, got " + std::to_string(rows.size()));
    }
    std::size_t logits = 0;
    const SteeringPlan* previous = nullptr;
    for (const BatchRow& row : rows) {
        if (row.sequences.empty()) throw Error(ErrorKind::argument, "engine: a row belongs to no sequence");
        for (const std::size_t sequence : row.sequences) {
            if (sequence >= options.sequences) {
                throw Error(ErrorKind::argument, "engine: sequence " + std::to_string(sequence) + " of an engine for " +
                                                     std::to_string(options.sequences) + " sequences (0-based)");
            }
        }
        logits += row.wants_logits ? 1 : 0;
        if (row.steering != nullptr && row.steering.get() != previous) require_plan_that_fits(*row.steering, model);
        previous = row.steering.get();
    }
    if (logits > options.logit_rows) {
        throw Error(ErrorKind::argument, "engine: " + std::to_string(logits) + " rows want logits, at most " +
                                             std::to_string(options.logit_rows) + " may");
    }
}

/// Layers that a decode computes: up to the deepest observed where no logits are wanted.
std::size_t layers_needed(std::span<const BatchRow> rows, std::span<const LayerIndex> observed, ReadingDepth depth,
                          std::size_t all) {
    if (depth == ReadingDepth::whole) return all;
    const bool logits = std::any_of(rows.begin(), rows.end(), [](const BatchRow& row) { return row.wants_logits; });
    return logits || observed.empty() ? all : std::max_element(observed.begin(), observed.end())->value + 1;
}

LayerWork work_for(std::span<const BatchRow> rows, std::vector<LayerIndex> observed, PointsCallback on_points,
                   ReadingDepth depth) {
    LayerWork work{.observed = std::move(observed),
                   .on_points = std::move(on_points),
                   .row_steering = {},
                   .logit_rows = {},
                   .depth = depth};
    work.row_steering.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        work.row_steering.push_back(rows[i].steering);
        if (rows[i].wants_logits) work.logit_rows.push_back(i);
    }
    return work;
}

}  // namespace

std::size_t threads_for(const EngineOptions& options) { return options.threads != 0 ? options.threads : usable_cpus(); }

void Engine::Deleter::operator()(llama_context* context) const noexcept { llama_free(context); }

Engine::Engine(std::shared_ptr<const Model> model, const EngineOptions& options)
    : model_(std::move(model)),
      options_(options),
      hook_(std::make_unique<LayerHook>(describe(model_->identity()))),
      layers_read_(model_->n_layers()) {
    const GgmlErrorCapture errors;
    context_.reset(llama_init_from_model(model_->handle(), context_params(options_, hook_.get())));
    if (!context_) {
        throw Error(ErrorKind::model, "engine: llama.cpp cannot make a context of " +
                                          std::to_string(options_.context_tokens) + " tokens for " +
                                          describe(model_->identity()) + ": " + errors.first_error());
    }
}

Engine::~Engine() = default;

void Engine::decode(std::span<const BatchRow> rows, std::vector<LayerIndex> observed, PointsCallback on_points,
                    ReadingDepth depth) {
    require_rows_that_fit(rows, options_, *model_);
    for (const LayerIndex layer : observed) {
        if (layer.value >= model_->n_layers()) {
            throw Error(ErrorKind::argument, "engine: layer " + std::to_string(layer.value) + " of a model with " +
                                                 std::to_string(model_->n_layers()) + " layers (0-based)");
        }
    }
    const std::size_t layers = layers_needed(rows, observed, depth, model_->n_layers());
    if (layers > layers_read_) {
        throw Error(ErrorKind::argument, "engine: " + std::to_string(layers) +
                                             " layers wanted of sequences that were read through " +
                                             std::to_string(layers_read_) + " alone; forget them first");
    }
    hook_->arm(work_for(rows, std::move(observed), std::move(on_points), depth), rows.size());
    const Batch batch = make_batch(rows);
    const GgmlErrorCapture errors;
    const int32_t status = llama_decode(context_.get(), *batch);
    // A stopped graph leaves KV above the stop unwritten.
    if (hook_->stopped_early()) layers_read_ = layers;
    if (status != 0 || hook_->failed()) forget_all();
    hook_->finish();
    if (status != 0) {
        throw Error(ErrorKind::model, "engine: llama.cpp could not decode a batch of " + std::to_string(rows.size()) +
                                          " tokens (status " + std::to_string(status) + "): " + errors.first_error());
    }
    decoded += rows.size();
}

std::span<const float> Engine::logits(std::size_t row) const {
    const float* values =
        hook_->stopped_early() ? nullptr : llama_get_logits_ith(context_.get(), static_cast<int32_t>(row));
    if (values == nullptr) throw Error(ErrorKind::argument, "engine: row " + std::to_string(row) + " has no logits");
    return {values, model_->vocabulary_size()};
}

void Engine::copy_sequence(std::size_t from, std::size_t to, std::size_t tokens) {
    llama_memory_seq_cp(llama_get_memory(context_.get()), static_cast<llama_seq_id>(from),
                        static_cast<llama_seq_id>(to), 0, static_cast<llama_pos>(tokens));
}

void Engine::forget_sequence(std::size_t sequence) {
    llama_memory_seq_rm(llama_get_memory(context_.get()), static_cast<llama_seq_id>(sequence), -1, -1);
}

std::size_t Engine::forget_from(std::size_t sequence, std::size_t position) {
    const auto id = static_cast<llama_seq_id>(sequence);
    llama_memory_t memory = llama_get_memory(context_.get());
    if (llama_memory_seq_rm(memory, id, static_cast<llama_pos>(position), -1)) return position;
    llama_memory_seq_rm(memory, id, -1, -1);
    return 0;
}

void Engine::forget_all() {
    llama_memory_clear(llama_get_memory(context_.get()), false);
    layers_read_ = model_->n_layers();
}

std::uint64_t tokens_decoded() { return decoded; }

}  // namespace contrans
