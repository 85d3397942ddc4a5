#include "contrans/pipeline/layer_metrics.h"

#include "contrans/linalg/shrunk_covariance.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"

namespace contrans {

LayerMetrics measure_metrics(const std::shared_ptr<const Model>& model, std::span<const std::string> neutral,
                             const std::vector<LayerIndex>& layers, std::size_t threads, const RunContext& context) {
    LayerMetrics metrics;
    if (layers.empty()) return metrics;
    const std::span<const std::string> texts = neutral.empty() ? neutral_development_texts() : neutral;
    for (const LayerSpread& spread : measure_spread(model, texts, layers, threads, context))
        metrics.emplace(spread.layer, WhitenedMetric(shrunk_covariance(spread.deviations)));
    return metrics;
}

}  // namespace contrans
