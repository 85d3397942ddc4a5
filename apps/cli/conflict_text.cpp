#include "apps/cli/conflict_text.h"

#include "apps/cli/optional_json.h"
#include "apps/cli/text_columns.h"
#include "contrans/core/model_identity_json.h"
#include "contrans/evaluation/interval_json.h"
#include "contrans/evaluation/number_text.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

Json table_to_json(const CosineTable& table) {
    Json rows = Json::array();
    for (const auto& row : table) {
        rows.push_back(Json::array());
        for (const std::optional<double>& cosine : row) rows.back().push_back(or_null(cosine));
    }
    return rows;
}

Json layers_to_json(const ControlVector& vector) {
    Json layers = Json::array();
    for (const ControlLayer& layer : vector.layers) {
        layers.push_back({{"layer", layer.layer.value}, {"dose", layer.dose == 0 ? Json() : Json(layer.dose)}});
    }
    return layers;
}

Json vectors_to_json(const Conflicts& conflicts) {
    Json vectors = Json::array();
    for (std::size_t v = 0; v < conflicts.vectors.size(); ++v) {
        const Damage& damage = conflicts.interference.alone[v];
        vectors.push_back({{"vector", conflicts.vectors[v].vector.name},
                           {"layers", layers_to_json(conflicts.vectors[v].vector)},
                           {"kl_nats", damage.kl_nats},
                           {"perplexity_ratio", damage.perplexity_ratio}});
    }
    return vectors;
}

Json metrics_to_json(const LayerMetrics& metrics) {
    Json layers = Json::array();
    for (const auto& [layer, metric] : metrics) {
        layers.push_back({{"layer", layer.value},
                          {"rows", metric.rows()},
                          {"sigma", metric.sigma()},
                          {"shrinkage", metric.shrinkage()}});
    }
    return layers;
}

Json interference_to_json(const Conflicts& conflicts) {
    Json tasks = Json::array();
    for (const Interference& each : conflicts.interference.tasks) {
        const RecoveryEstimate& ratio = each.gain_ratio;
        tasks.push_back(
            {{"vector", conflicts.vectors[each.vector].vector.name},
             {"task", each.task},
             {"metric", each.metric},
             {"n", each.n},
             {"none", interval_to_json(each.none)},
             {"alone", interval_to_json(each.alone)},
             {"together", interval_to_json(each.together)},
             {"gain_ratio",
              {{"value", or_null(ratio.value)}, {"low", or_null(ratio.low)}, {"high", or_null(ratio.high)}}}});
    }
    return tasks;
}

std::string matrix_text(const std::string& title, const CosineTable& table, const Conflicts& conflicts) {
    Rows rows = {{title}};
    for (const TaskedVector& each : conflicts.vectors) rows[0].push_back(each.vector.name);
    for (std::size_t i = 0; i < table.size(); ++i) {
        rows.push_back({conflicts.vectors[i].vector.name});
        for (const std::optional<double>& cosine : table[i]) rows.back().push_back(fixed(cosine));
    }
    return aligned(rows);
}

std::string metrics_text(const LayerMetrics& metrics) {
    std::string text;
    for (const auto& [layer, metric] : metrics) {
        text += "  metric of layer " + std::to_string(layer.value) + ": " + std::to_string(metric.rows()) +
                " states, spread " + fixed(metric.sigma(), 1) + ", shrunk by " + fixed(metric.shrinkage(), 3) + "\n";
    }
    return text;
}

std::string interval_text(const Interval& interval) {
    return with_interval(interval.value, interval.low, interval.high);
}

std::string interference_text(const Conflicts& conflicts) {
    if (conflicts.interference.tasks.empty()) return "";
    Rows rows = {{"vector", "task", "items", "none", "alone", "together", "gain together / alone"}};
    for (const Interference& each : conflicts.interference.tasks) {
        const RecoveryEstimate& ratio = each.gain_ratio;
        rows.push_back({conflicts.vectors[each.vector].vector.name, each.task, std::to_string(each.n),
                        fixed(each.none.value), interval_text(each.alone), interval_text(each.together),
                        with_interval(ratio.value, ratio.low, ratio.high)});
    }
    return "\n" + aligned(rows);
}

std::string damage_text(const Conflicts& conflicts) {
    Rows rows = {{"damage", "KL nats", "perplexity"}};
    const auto add = [&](const std::string& name, const Damage& damage) {
        rows.push_back({name, fixed(damage.kl_nats), fixed(damage.perplexity_ratio)});
    };
    for (std::size_t v = 0; v < conflicts.vectors.size(); ++v)
        add(conflicts.vectors[v].vector.name, conflicts.interference.alone[v]);
    add("all together", conflicts.interference.together);
    return "\n" + aligned(rows);
}

}  // namespace

Json to_json(const Conflicts& conflicts, double seconds) {
    const Damage& together = conflicts.interference.together;
    return {{"target", identity_to_json(conflicts.target)},
            {"vectors", vectors_to_json(conflicts)},
            {"together", {{"kl_nats", together.kl_nats}, {"perplexity_ratio", together.perplexity_ratio}}},
            {"cosine", table_to_json(conflicts.matrix.raw)},
            {"whitened_cosine", table_to_json(conflicts.matrix.whitened)},
            {"metrics", metrics_to_json(conflicts.metrics)},
            {"interference", interference_to_json(conflicts)},
            {"orthogonalised", conflicts.written},
            {"seconds", seconds}};
}

std::string to_text(const Conflicts& conflicts, double seconds) {
    std::string text = std::to_string(conflicts.vectors.size()) + " vectors in " + describe(conflicts.target) + "\n" +
                       matrix_text("cosine", conflicts.matrix.raw, conflicts) + "\n" +
                       matrix_text("whitened", conflicts.matrix.whitened, conflicts) + metrics_text(conflicts.metrics) +
                       interference_text(conflicts) + damage_text(conflicts);
    for (const std::string& file : conflicts.written) text += file + " written, orthogonalised\n";
    return text + "after " + fixed(seconds, 1) + " s\n";
}

}  // namespace contrans::cli
