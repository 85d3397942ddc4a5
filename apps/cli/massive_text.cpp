#include "apps/cli/massive_text.h"

#include <string>

#include "contrans/evaluation/number_text.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

Json layers_to_json(const std::vector<LayerMassive>& layers) {
    Json list = Json::array();
    for (const LayerMassive& layer : layers) {
        Json dimensions = Json::array();
        for (const MassiveDimension& d : layer.dimensions)
            dimensions.push_back({{"dimension", d.dimension}, {"share", d.share}});
        list.push_back({{"layer", layer.layer.value},
                        {"rows_masked", layer.rows ? Json(*layer.rows) : Json()},
                        {"dimensions", dimensions}});
    }
    return list;
}

/// "22: 2 (largest 33%), 14 rows left out"
std::string layer_text(const LayerMassive& layer) {
    std::string text = std::to_string(layer.layer.value) + ": " + std::to_string(layer.dimensions.size());
    if (!layer.dimensions.empty()) text += " (largest " + fixed(100 * layer.dimensions.front().share, 0) + "%)";
    if (layer.rows.value_or(0) != 0) text += ", " + std::to_string(*layer.rows) + " rows left out";
    return text;
}

std::string side_text(const std::vector<LayerMassive>& layers) {
    std::string text;
    for (const LayerMassive& layer : layers) text += (text.empty() ? "layer " : "; ") + layer_text(layer);
    return text;
}

}  // namespace

Json massive_to_json(const MapSet& maps) {
    if (maps.source_massive.empty()) return {};
    return {{"share_over", kMassiveShare},
            {"source", layers_to_json(maps.source_massive)},
            {"target", layers_to_json(maps.target_massive)}};
}

std::vector<Fact> massive_facts(const MapSet& maps) {
    if (maps.source_massive.empty()) return {};
    const std::string over = " dimensions over " + fixed(100 * kMassiveShare, 0) + "% of |h|^2";
    return {{"source" + over, side_text(maps.source_massive)}, {"target" + over, side_text(maps.target_massive)}};
}

}  // namespace contrans::cli
