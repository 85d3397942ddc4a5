#include "contrans/runtime/shown_layers.h"

#include <algorithm>
#include <span>

#include "contrans/runtime/engine.h"

namespace contrans {

void require_shown_layers(const std::shared_ptr<const Model>& model, const std::vector<LayerIndex>& layers) {
    Engine engine(model, {.batch_tokens = 32, .context_tokens = 32, .sequences = 1, .logit_rows = 1, .threads = 1});
    // The last block computes only rows that want logits.
    const bool last = std::ranges::find(layers, LayerIndex{model->n_layers() - 1}) != layers.end();
    const BatchRow row{.token = 0, .position = 0, .sequences = {0}, .wants_logits = last, .steering = nullptr};
    engine.decode({&row, 1}, layers, [](LayerIndex, MatrixView, std::span<const std::size_t>) {});
}

}  // namespace contrans
