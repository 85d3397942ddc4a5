#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "contrans/core/layer_index.h"
#include "contrans/core/progress.h"
#include "contrans/harvest/harvester.h"
#include "contrans/runtime/parallel_runner.h"

namespace contrans {

/// Reads the texts at the layers of the options and hands their states out, as run_sequences_in_parallel does.
/// Throws Error{argument} for no text or no layer, and what that throws.
void read_states(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> texts,
                 const HarvestOptions& options, const SequenceSink& sink, const RunContext& context);

/// Place of a layer among those read.
[[nodiscard]] std::size_t index_of(const std::vector<LayerIndex>& layers, LayerIndex layer);

/// Throws Error{numeric} naming text and layer unless all values are finite.
void require_finite_state(std::span<const float> state, LayerIndex layer, std::size_t text);

}  // namespace contrans
