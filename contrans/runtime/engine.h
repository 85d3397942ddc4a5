#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "contrans/runtime/layer_hook.h"
#include "contrans/runtime/model.h"
#include "contrans/runtime/steering.h"

struct llama_context;

namespace contrans {

struct EngineOptions {
    std::size_t batch_tokens = 512;    ///< most rows of one decode
    std::size_t context_tokens = 512;  ///< cells of the KV cache, shared by all sequences
    std::size_t sequences = 64;        ///< most sequences at a time
    std::size_t logit_rows = 64;  ///< most rows of one decode that want logits (each reserves a vocabulary of floats)
    std::size_t threads = 0;      ///< 0: one for each usable processor
    std::size_t engine_threads = 1;  ///< of each of several engines that share `threads` (parallel_runner.h)
};

/// The threads that the options stand for; at least one.
[[nodiscard]] std::size_t threads_for(const EngineOptions& options);

/// One token at one position, read by one or more sequences (a shared prefix is several), steered or not.
struct BatchRow {
    Token token = 0;
    std::size_t position = 0;
    std::vector<std::size_t> sequences;
    bool wants_logits = false;
    std::shared_ptr<const SteeringPlan> steering;  ///< null: unsteered
};

/// Tokens that all engines of this process have decoded, failed batches left away. Thread-safe.
[[nodiscard]] std::uint64_t tokens_decoded();

/// A context of llama.cpp: decodes batches of many sequences, shows the residual stream, steers rows.
///
/// Construction allocates the KV cache; destruction frees it. Not thread-safe: one Engine a thread.
class Engine {
public:
    /// Throws Error{model} when llama.cpp cannot make a context of that size.
    Engine(std::shared_ptr<const Model> model, const EngineOptions& options);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    [[nodiscard]] const Model& model() const { return *model_; }
    [[nodiscard]] const EngineOptions& options() const { return options_; }

    /// Decodes the rows in order. With nothing but observation asked, and no more depth, everything above the deepest
    /// layer is skipped and no logits exist; what was read can then be continued by decodes that go no deeper, until
    /// `forget_all`. Throws Error{argument} for rows, logits or sequences beyond the options or when what was read does
    /// not reach deep enough, Error{model} for steering that is not of the model's width and depth or when llama.cpp
    /// fails (all sequences are then forgotten), and whatever `on_points` throws.
    void decode(std::span<const BatchRow> rows, std::vector<LayerIndex> observed = {}, PointsCallback on_points = {},
                ReadingDepth depth = ReadingDepth::observed);

    /// Logits [vocabulary_size] of a row of the last decode that wanted them.
    [[nodiscard]] std::span<const float> logits(std::size_t row) const;

    /// Lets `to` share the first `tokens` tokens of `from`.
    void copy_sequence(std::size_t from, std::size_t to, std::size_t tokens);
    void forget_sequence(std::size_t sequence);
    /// Drops what a sequence holds from a position on. @return the tokens that are left: `position`, or 0 where this
    /// architecture keeps nothing of a sequence that is cut (recurrent states).
    std::size_t forget_from(std::size_t sequence, std::size_t position);
    void forget_all();

private:
    struct Deleter {
        void operator()(llama_context* context) const noexcept;
    };

    std::shared_ptr<const Model> model_;
    EngineOptions options_;
    std::unique_ptr<LayerHook> hook_;  // its address is llama.cpp's user data
    std::size_t layers_read_;          // of what the sequences hold; those above were skipped
    std::unique_ptr<llama_context, Deleter> context_;
};

}  // namespace contrans
