#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "contrans/runtime/engine.h"
#include "contrans/runtime/model.h"
#include "contrans/serve/completion.h"
#include "contrans/serve/completion_stream.h"
#include "contrans/serve/embedding.h"

namespace contrans {

struct SchedulerOptions {
    std::size_t slots = 4;              ///< answers written at a time
    std::size_t context_tokens = 4096;  ///< of each slot: prompt and answer
    std::size_t batch_tokens = 512;     ///< most rows of one decode; at least `slots`
    std::size_t threads = 0;            ///< 0: one for each usable processor
    std::size_t queue_limit = 64;       ///< requests that wait for a slot; 0: none may wait
    /// Rows of prompts in a batch that answers wait for: how long a long prompt may hold them up. Half as many more for
    /// each prompt beyond two.
    std::size_t prompt_rows_beside_answers = 256;
    /// Called with the rows of every batch before it is decoded; what it throws counts as a decode that failed. Empty:
    /// none. For traces and for tests of failure.
    std::function<void(std::span<const BatchRow>)> before_decode = {};
};

/// Not taken: try again later, or elsewhere.
struct Refused {
    enum class Why { queue_full, draining } why = Why::queue_full;
    std::chrono::seconds retry_after{1};
};

/// Counts since the start, and the state of now.
struct SchedulerStats {
    std::size_t slots = 0;
    std::size_t running = 0;
    std::size_t waiting = 0;
    std::map<std::string, std::size_t> finished;  ///< by to_string(FinishReason)
    std::size_t embeddings = 0;
    std::size_t refused = 0;
    std::size_t prompt_tokens_read = 0;
    std::size_t prompt_tokens_cached = 0;
    std::size_t generated_tokens = 0;
    std::size_t decodes = 0;
    std::size_t rows = 0;
    std::size_t failed_decodes = 0;
    double busy_seconds = 0;  ///< of decoding and sampling
};

class SchedulerLoop;

/// Writes many answers at a time: one thread and one Engine, requests of different steering in one batch.
///
/// Running answers come first in every batch; the room left is for prompts, in turns, so that a long prompt does not
/// hold up the others. What a finished request's slot read stays there until the slot is needed, and a new request goes
/// on from the longest beginning that was read as it would be: same tokens, same steering at each.
///
/// A request that fails ends with `failed` and takes no other with it: when a batch cannot be decoded, all that were in
/// it are read again, each alone, to find out which of them it was.
///
/// Construction starts the thread; destruction ends running answers with `shutdown`. Thread-safe.
class Scheduler {
public:
    /// Throws Error{argument} for options that do not fit, Error{model} when the context cannot be made.
    Scheduler(std::shared_ptr<const Model> model, const SchedulerOptions& options);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    [[nodiscard]] const SchedulerOptions& options() const;
    [[nodiscard]] const Model& model() const;

    /// Throws Error{argument} for an empty prompt, one that leaves the context no room for a token, an unknown token,
    /// sampling options out of range or a grammar that does not parse; Error{model} for steering of another model.
    [[nodiscard]] std::variant<std::shared_ptr<CompletionStream>, Refused> submit(CompletionRequest request);

    /// Waits in the same queue. The future throws what went wrong; throws like submit.
    [[nodiscard]] std::variant<std::future<Embedding>, Refused> embed(EmbeddingRequest request);

    /// Refuses new requests from now on; returns when those taken have ended, or after `patience`, when those left
    /// have been ended with `shutdown`. Whether all ended by themselves.
    bool drain(std::chrono::milliseconds patience);

    [[nodiscard]] SchedulerStats stats() const;

private:
    std::unique_ptr<SchedulerLoop> loop_;
};

}  // namespace contrans
