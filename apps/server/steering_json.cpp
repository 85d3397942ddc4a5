#include "apps/server/steering_json.h"

#include "apps/server/evidence_json.h"

namespace contrans::server {
namespace {

Json layers_json(std::span<const LayerIndex> layers) {
    Json list = Json::array();
    for (const LayerIndex layer : layers) list.push_back(layer.value);
    return list;
}

Json gate_json(const std::optional<GateChoice>& gate) {
    if (!gate) return {};
    return {{"name", gate->concept_name}, {"threshold", gate->threshold}};
}

}  // namespace

Json applied_json(std::span<const AppliedConcept> applied) {
    Json list = Json::array();
    for (const AppliedConcept& each : applied) {
        list.push_back({{"concept", each.name},
                        {"dose", each.dose},
                        {"coefficient", each.coefficient == 0 ? Json() : Json(each.coefficient)},
                        {"operator", to_string(each.op)},
                        {"tokens", to_string(each.tokens)},
                        {"after", each.after},
                        {"gate", gate_json(each.gate)},
                        {"layers", layers_json(each.layers)},
                        {"sha256", each.sha256}});
        if (!each.version.empty()) list.back()["version"] = each.version;
    }
    return list;
}

Json concept_json(const ServedConcept& served) {
    std::vector<LayerIndex> layers;
    for (const ControlLayer& layer : served.vector.layers) layers.push_back(layer.layer);
    const auto& provenance = served.vector.provenance;
    const auto& combination = served.vector.combination;
    return {{"name", served.name},
            {"object", "concept"},
            {"concept", provenance ? Json(provenance->concept_name) : Json()},
            {"dose_range", {served.doses.lowest, served.doses.highest}},
            {"usual_dose", served.doses.usual},
            {"layers", layers_json(layers)},
            {"file", served.file.filename().string()},
            {"sha256", served.sha256},
            {"target", served.vector.target ? Json(served.vector.target->fingerprint) : Json()},
            {"target_name", served.vector.target ? Json(served.vector.target->name) : Json()},
            {"layer_doses", layer_doses_json(served.vector)},
            {"evidence", provenance ? evidence_to_json(*provenance) : Json()},
            {"combination", combination ? combination_to_json(*combination) : Json()}};
}

Json projections_json(std::span<const TokenReport> tokens, std::span<const std::string> names) {
    Json list = Json::array();
    for (const TokenReport& token : tokens) {
        Json doses = Json::object();
        for (std::size_t i = 0; i < names.size() && i < token.projections.size(); ++i)
            doses[names[i]] = token.projections[i];
        list.push_back({{"token", token.piece}, {"doses", std::move(doses)}});
    }
    return list;
}

}  // namespace contrans::server
