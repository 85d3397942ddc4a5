#include "apps/cli/artefact_summary.h"

#include <map>
#include <optional>

#include "apps/cli/evidence_text.h"
#include "apps/cli/massive_text.h"
#include "apps/cli/optional_json.h"
#include "apps/server/evidence_json.h"
#include "contrans/concepts/concept_vector_file.h"
#include "contrans/core/artefact_file.h"
#include "contrans/core/model_identity_json.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/mapping/map_file.h"
#include "contrans/mapping/statistics_file.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(std::optional<double> share) { return share ? fixed(100 * *share, 1) + "%" : "-"; }

/// A number of a map set that only a fitted one has.
std::optional<double> if_fitted(const MapSet& maps, double value) {
    return maps.derivation.empty() ? std::optional(value) : std::nullopt;
}

std::string with_fingerprint(const ModelIdentity& model) {
    return describe(model) + ", " + std::to_string(model.n_layers) + " layers of width " +
           std::to_string(model.d_model);
}

void append(std::vector<Fact>& facts, const std::vector<Fact>& more) {
    facts.insert(facts.end(), more.begin(), more.end());
}

ArtefactSummary summarise_concept(const std::filesystem::path& file) {
    const ConceptVector vector = read_concept_vector(file);
    Json layers = Json::array();
    std::vector<std::vector<std::string>> rows = {{"layer", "norm", "held-out AUC", "split-half cosine"}};
    for (const ConceptLayer& layer : vector.layers) {
        const DirectionQuality& quality = layer.quality;
        layers.push_back({{"layer", layer.layer.value},
                          {"norm", quality.norm},
                          {"held_out_auc", quality.held_out_auc},
                          {"split_half_cosine", quality.split_half_cosine},
                          {"shuffled_draws", layer.shuffled.rows()}});
        rows.push_back({std::to_string(layer.layer.value), fixed(quality.norm), fixed(quality.held_out_auc, 3),
                        fixed(quality.split_half_cosine, 3)});
    }
    ArtefactSummary summary{
        "concept",
        {{"name", vector.name},
         {"method", describe_refinements(vector)},
         {"source", with_fingerprint(vector.source)},
         {"texts", std::to_string(vector.n_positive) + " positive, " + std::to_string(vector.n_negative) + " negative"},
         {"suggested layer", std::to_string(vector.suggested_layer.value)}},
        aligned(rows),
        {{"name", vector.name},
         {"method", to_string(vector.how.method)},
         {"position", to_string(vector.how.position)},
         {"also", alternative_names(vector)},
         {"source", identity_to_json(vector.source)},
         {"positives", vector.n_positive},
         {"negatives", vector.n_negative},
         {"suggested_layer", vector.suggested_layer.value},
         {"response", server::response_to_json(vector.response())},
         {"layers", layers}}};
    append(summary.facts, response_facts(vector.response()));
    return summary;
}

Json via_of(const MapEntry& entry) {
    Json layers = Json::array();
    for (const LayerIndex layer : entry.via) layers.push_back(layer.value);
    return layers;
}

Json map_to_json(const MapSet& maps, const MapEntry& entry) {
    const auto known = [&](double value) { return or_null(if_fitted(maps, value)); };
    return {{"source_layer", entry.source_layer.value},
            {"via", via_of(entry)},
            {"target_layer", entry.target_layer.value},
            {"fit", to_string(entry.kind)},
            {"rows", entry.evidence.rows},
            {"rank", entry.evidence.rank},
            {"penalty", known(entry.evidence.penalty)},
            {"gcv_penalty", or_null(entry.evidence.gcv_penalty)},
            {"held_out_r2", known(entry.evidence.held_out_r2)},
            {"held_out_r2_standard", known(entry.evidence.held_out_r2_standard)},
            {"directional", known(entry.evidence.directional)}};
}

std::string layers_text(const MapEntry& entry) {
    std::string text = std::to_string(entry.source_layer.value);
    for (const LayerIndex layer : entry.via) text += "->" + std::to_string(layer.value);
    return text + "->" + std::to_string(entry.target_layer.value);
}

ArtefactSummary summarise_map(const std::filesystem::path& file) {
    const MapSet maps = read_map_set(file);
    Json entries = Json::array();
    std::vector<std::vector<std::string>> rows = {{"layers", "fit", "rows", "R2", "directional"}};
    for (const MapEntry& entry : maps.entries) {
        entries.push_back(map_to_json(maps, entry));
        rows.push_back({layers_text(entry), to_string(entry.kind), std::to_string(entry.evidence.rows),
                        fixed(if_fitted(maps, entry.evidence.held_out_r2), 3),
                        fixed(if_fitted(maps, entry.evidence.directional), 3)});
    }
    ArtefactSummary summary{
        "map",
        {{"source", with_fingerprint(maps.source)},
         {"target", with_fingerprint(maps.target)},
         {"derivation", maps.derivation.empty() ? "fitted" : maps.derivation},
         {"texts", std::to_string(maps.n_texts)},
         {"token match", percent(if_fitted(maps, maps.token_match))},
         {"massive rows left out", maps.derivation.empty() ? std::to_string(maps.rows_masked) : "-"},
         {"layer pairs compared", std::to_string(maps.similarity.size())}},
        aligned(rows),
        {{"source", identity_to_json(maps.source)},
         {"target", identity_to_json(maps.target)},
         {"derivation", maps.derivation},
         {"texts", maps.n_texts},
         {"token_match", or_null(if_fitted(maps, maps.token_match))},
         {"rows_masked", maps.derivation.empty() ? Json(maps.rows_masked) : Json()},
         {"massive", massive_to_json(maps)},
         {"maps", entries}}};
    for (const Fact& fact : massive_facts(maps)) summary.facts.push_back(fact);
    return summary;
}

ArtefactSummary summarise_statistics(const std::filesystem::path& file) {
    const MapStatistics statistics = read_statistics(file);
    Json pairs = Json::array();
    std::string layers;
    for (const LayerPair& pair : statistics.last.pairs) {
        pairs.push_back({{"source_layer", pair.source.value}, {"target_layer", pair.target.value}});
        layers +=
            (layers.empty() ? "" : ", ") + std::to_string(pair.source.value) + "->" + std::to_string(pair.target.value);
    }
    return {"statistics",
            {{"source", with_fingerprint(statistics.source)},
             {"target", with_fingerprint(statistics.target)},
             {"texts", std::to_string(statistics.n_texts)},
             {"layers", layers},
             {"rows of tokens", std::to_string(statistics.tokens.rows())},
             {"rows of last tokens", std::to_string(statistics.last.rows())},
             {"massive rows left out", std::to_string(statistics.rows_masked)}},
            "",
            {{"source", identity_to_json(statistics.source)},
             {"target", identity_to_json(statistics.target)},
             {"texts", statistics.n_texts},
             {"layer_pairs", pairs},
             {"token_rows", statistics.tokens.rows()},
             {"last_rows", statistics.last.rows()},
             {"rows_masked", statistics.rows_masked}}};
}

std::string known(double value, int digits) { return value == 0 ? "-" : fixed(value, digits); }

std::vector<Fact> evidence_facts(const TransplantProvenance& from) {
    std::vector<Fact> facts = {{"concept", from.concept_name + " (" + from.method + ")"},
                               {"source", with_fingerprint(from.source)},
                               {"source layer", std::to_string(from.source_layer.value)},
                               {"fit", from.fit + ", " + std::to_string(from.map_rows) + " rows"},
                               {"held-out R2", fixed(from.held_out_r2, 3)},
                               {"directional", fixed(from.directional, 3)},
                               {"token match", percent(from.token_match)}};
    append(facts, choice_facts(from));
    if (from.effect) append(facts, response_facts(&from.effect->response));
    if (!from.map_derivation.empty()) facts.push_back({"map", from.map_derivation});
    if (from.kl_nats) facts.push_back({"damage", fixed(from.kl_nats, 3) + " nat"});
    facts.push_back({"made by", "contrans " + from.tool_version});
    return facts;
}

ArtefactSummary summarise_vector(const std::filesystem::path& file) {
    const ControlVector vector = read_control_vector(file);
    std::vector<std::vector<std::string>> rows = {{"layer", "width", "dose", "coefficient", "sigma"}};
    for (const ControlLayer& layer : vector.layers) {
        rows.push_back({std::to_string(layer.layer.value), std::to_string(layer.offset.size()), known(layer.dose, 3),
                        known(layer.coefficient, 4), known(layer.sigma, 1)});
    }
    ArtefactSummary summary{"control vector", {{"name", vector.name}}, aligned(rows), {}};
    if (vector.target) summary.facts.push_back({"target", with_fingerprint(*vector.target)});
    if (vector.provenance) {
        append(summary.facts, evidence_facts(*vector.provenance));
    }
    if (vector.combination) {
        for (const std::string& part : vector.combination->parts)
            summary.facts.push_back({vector.combination->how, part});
    }
    if (!vector.target) {
        summary.facts.push_back({"origin",
                                 "another engine: target unknown, layer numbers as written (llama.cpp's own generator "
                                 "writes one late; see --layer-numbering)"});
    }
    summary.json = {{"name", vector.name},
                    {"foreign", !vector.target},
                    {"target", vector.target ? identity_to_json(*vector.target) : Json()},
                    {"layers", server::layer_doses_json(vector)},
                    {"evidence", vector.provenance ? server::evidence_to_json(*vector.provenance) : Json()},
                    {"combination", vector.combination ? server::combination_to_json(*vector.combination) : Json()}};
    return summary;
}

std::string kind_name(ControlDirection::Kind kind) {
    return kind == ControlDirection::Kind::shuffled_map ? "shuffled-map" : "shuffled-labels";
}

ArtefactSummary summarise_controls(const std::filesystem::path& file) {
    const ControlSet controls = read_control_set(file);
    std::map<std::string, std::size_t> counts;
    Json directions = Json::array();
    for (const ControlDirection& control : controls.directions) {
        ++counts[kind_name(control.kind)];
        directions.push_back({{"kind", kind_name(control.kind)},
                              {"target_layer", control.target_layer.value},
                              {"sigma", control.sigma}});
    }
    ArtefactSummary summary{"controls", {{"target", with_fingerprint(controls.target)}}, "", {}};
    for (const auto& [name, count] : counts) summary.facts.push_back({name, std::to_string(count) + " directions"});
    summary.json = {{"target", identity_to_json(controls.target)}, {"directions", directions}};
    return summary;
}

ArtefactSummary summarise_model(const std::filesystem::path& file) {
    const ModelIdentity model = read_model_identity(file);
    return {
        "model", {{"model", with_fingerprint(model)}, {"fingerprint", model.fingerprint}}, "", identity_to_json(model)};
}

bool is_model(const ArtefactReader& reader, const std::string& architecture) {
    return reader.has(architecture + ".block_count") && reader.has(architecture + ".embedding_length");
}

}  // namespace

ArtefactSummary summarise_artefact(const std::filesystem::path& file) {
    const ArtefactReader reader(file);
    const std::string architecture =
        reader.has("general.architecture") ? reader.get_string("general.architecture") : std::string("unknown");
    if (architecture == "contrans-concept") return summarise_concept(file);
    if (architecture == "contrans-map") return summarise_map(file);
    if (architecture == "contrans-statistics") return summarise_statistics(file);
    if (architecture == "controlvector") return summarise_vector(file);
    if (architecture == "contrans-controls") return summarise_controls(file);
    if (is_model(reader, architecture)) return summarise_model(file);
    return {"GGUF", {{"architecture", architecture}}, "", {{"architecture", architecture}}};
}

}  // namespace contrans::cli
