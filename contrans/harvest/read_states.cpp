#include "contrans/harvest/read_states.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "contrans/core/error.h"

namespace contrans {
namespace {

/// The last block shows only rows that want logits, each a vocabulary of floats: small batches there (DESIGN §4).
EngineOptions engine_for(const Model& model, std::span<const SequenceRequest> texts, const HarvestOptions& options) {
    EngineOptions engine = engine_options_for(model, texts, options.threads, options.reading);
    if (index_of(options.layers, LayerIndex{model.n_layers() - 1}) < options.layers.size())
        engine.batch_tokens = engine.logit_rows = 128;
    return engine;
}

}  // namespace

void read_states(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> texts,
                 const HarvestOptions& options, const SequenceSink& sink, const RunContext& context) {
    if (texts.empty() || options.layers.empty()) {
        throw Error(ErrorKind::argument, "harvest: needs at least one text and one layer");
    }
    run_sequences_in_parallel(model, texts, engine_for(*model, texts, options), sink, context);
}

std::size_t index_of(const std::vector<LayerIndex>& layers, LayerIndex layer) {
    return static_cast<std::size_t>(std::find(layers.begin(), layers.end(), layer) - layers.begin());
}

void require_finite_state(std::span<const float> state, LayerIndex layer, std::size_t text) {
    if (!std::all_of(state.begin(), state.end(), [](float x) { return std::isfinite(x); })) {
        throw Error(ErrorKind::numeric, "harvest: the state of text " + std::to_string(text + 1) + " after layer " +
                                            std::to_string(layer.value) + " is not finite");
    }
}

}  // namespace contrans
