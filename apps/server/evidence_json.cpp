#include "apps/server/evidence_json.h"

#include "contrans/core/model_identity_json.h"

namespace contrans::server {
namespace {

// As many as fit a line.
constexpr std::size_t kWordsShown = 10;

Json or_null(std::optional<double> value) { return value ? Json(*value) : Json(); }
Json or_null_if_zero(double value) { return value == 0 ? Json() : Json(value); }

}  // namespace

Json agreement_to_json(const std::optional<AgreementEvidence>& agreement) {
    if (!agreement) return {};
    return {{"carried", agreement->carried},
            {"shuffled_map", or_null(agreement->shuffled_map)},
            {"shuffled_labels", or_null(agreement->shuffled_labels)}};
}

Json standing_to_json(const std::optional<SearchStanding>& search) {
    if (!search) return {};
    return {{"candidates", search->candidates},
            {"agreeing", search->agreeing ? Json(*search->agreeing) : Json()},
            {"trials", search->trials},
            {"first_rank", search->first_rank ? Json(*search->first_rank) : Json()},
            {"runner_up", search->runner_up.empty() ? Json() : Json(search->runner_up)},
            {"runner_up_value", or_null(search->runner_up_value)}};
}

Json response_to_json(const WordResponse* response) {
    if (!response) return {};
    return {{"layer", response->layer.value},
            {"dose", response->dose},
            {"words", response->words.size()},
            {"promoted", promoted_words(*response, kWordsShown)},
            {"suppressed", suppressed_words(*response, kWordsShown)}};
}

Json evidence_to_json(const TransplantProvenance& from) {
    return {{"concept", from.concept_name},
            {"method", from.method},
            {"source", identity_to_json(from.source)},
            {"source_layer", from.source_layer.value},
            {"fit", from.fit},
            {"rows", from.map_rows},
            {"held_out_r2", or_null(from.held_out_r2)},
            {"directional", or_null(from.directional)},
            {"token_match", or_null(from.token_match)},
            {"map_derivation", from.map_derivation},
            {"chosen_by", from.chosen_by},
            {"agreement", agreement_to_json(from.agreement)},
            {"search", standing_to_json(from.search)},
            {"effect", from.effect ? response_to_json(&from.effect->response) : Json()},
            {"dev", {{"value", or_null(from.dev_value)}, {"unsteered", or_null(from.dev_unsteered)}}},
            {"kl_nats", or_null(from.kl_nats)},
            {"tool_version", from.tool_version}};
}

Json combination_to_json(const VectorCombination& combination) {
    return {{"how", combination.how}, {"parts", combination.parts}};
}

Json layer_doses_json(const ControlVector& vector) {
    Json layers = Json::array();
    for (const ControlLayer& layer : vector.layers) {
        layers.push_back({{"layer", layer.layer.value},
                          {"width", layer.offset.size()},
                          {"dose", or_null_if_zero(layer.dose)},
                          {"coefficient", or_null_if_zero(layer.coefficient)},
                          {"sigma", or_null_if_zero(layer.sigma)}});
    }
    return layers;
}

}  // namespace contrans::server
