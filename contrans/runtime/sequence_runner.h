#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "contrans/core/progress.h"
#include "contrans/runtime/engine.h"
#include "contrans/runtime/reading_options.h"
#include "contrans/runtime/sequence_request.h"

namespace contrans {

/// Where results go. Both are called from within run_sequences, in no particular order of requests.
struct SequenceSink {
    std::vector<LayerIndex> observed;  ///< layers to read; empty: none
    /// `points` [n, d_model] are the states of positions first_position … first_position + n − 1 of a request.
    std::function<void(LayerIndex layer, std::size_t request, std::size_t first_position, MatrixView points)> on_points;
    std::function<void(std::size_t request, std::size_t position, std::span<const float> logits)> on_logits;
};

/// Reads all requests, many to a batch. Requests with the same steering whose beginnings agree share them, at any
/// depth: those tokens are decoded once (pack_plan.h). One of the engine's sequences holds what is kept from batch to
/// batch. Throws Error{argument} when a request is empty or longer than the engine's context, Error{interrupted} on a
/// stop.
void run_sequences(Engine& engine, std::span<const SequenceRequest> requests, const SequenceSink& sink,
                   const RunContext& context);

/// An engine wide enough for these requests: Error{argument} names a text longer than the model's trained context.
[[nodiscard]] EngineOptions engine_options_for(const Model& model, std::span<const SequenceRequest> requests,
                                               std::size_t threads, const ReadingOptions& reading = {});

}  // namespace contrans
