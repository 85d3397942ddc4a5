#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/runtime/engine.h"
#include "contrans/runtime/sequence_runner.h"

namespace contrans {

/// Cuts requests into slices of neighbours in the trie, of `slice_tokens` tokens or less where texts allow, all about
/// as long as each other; what a request shares with the one before is not counted, as it is read once. The same
/// requests make the same slices.
/// @return per slice the requests' indices
[[nodiscard]] std::vector<std::vector<std::size_t>> slice_requests(std::span<const SequenceRequest> requests,
                                                                   std::size_t slice_tokens);

/// Reads all requests as run_sequences does, with as many engines of `options.engine_threads` as `options.threads` has
/// room for, each reading one slice after the other. Engines of one thread are mostly faster than one whose threads
/// wait for each other at every node, and give the same bits for any number of threads. Calls of the sink do not
/// overlap, but come from other threads. A model on a GPU gets one engine. Throws as run_sequences does; nothing is
/// called any more once it has thrown.
void run_sequences_in_parallel(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> requests,
                               const EngineOptions& options, const SequenceSink& sink, const RunContext& context);

}  // namespace contrans
