#include "contrans/transplant/control_vector_file.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/model_identity_keys.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr const char* kArchitecture = "controlvector";
constexpr std::string_view kDirection = "direction.";
constexpr const char* kTarget = "contrans.target.";
const std::string kProvenance = "contrans.provenance.";
const std::string kAgreement = kProvenance + "agreement.";
const std::string kSearch = kProvenance + "search.";
const std::string kEffect = kProvenance + "effect.";
const std::string kCombination = "contrans.combination.";

std::string direction_name(LayerIndex layer) { return std::string(kDirection) + std::to_string(layer.value); }

bool rising(const std::vector<ControlLayer>& layers) {
    return std::ranges::adjacent_find(layers, std::greater_equal<>(), &ControlLayer::layer) == layers.end();
}

// The width and layers that the target allows; without one, the first layer's width.
std::optional<std::string> misfit(const ControlVector& vector) {
    const std::size_t width = vector.target ? vector.target->d_model : vector.layers.front().offset.size();
    for (const ControlLayer& layer : vector.layers) {
        const std::string number = std::to_string(layer.layer.value);
        if (layer.offset.empty() || layer.offset.size() != width) {
            return "layer " + number + " must be " + std::to_string(width) + " wide (got " +
                   std::to_string(layer.offset.size()) + ")";
        }
        if (vector.target && layer.layer.value >= vector.target->n_layers) {
            return "layers must be below the target's " + std::to_string(vector.target->n_layers) + " (got " + number +
                   ")";
        }
    }
    return std::nullopt;
}

// What a vector must be to be written and read; nothing when it is.
std::optional<std::string> broken_rule(const ControlVector& vector) {
    if (vector.layers.empty()) return "at least one layer is needed";
    if (!rising(vector.layers)) return "layers must rise";
    if (vector.layers.front().layer.value == 0) return "the format cannot hold layer 0";
    return misfit(vector);
}

template <class Item, class Get>
std::vector<double> numbers_of(const std::vector<Item>& items, Get get) {
    std::vector<double> values;
    for (const Item& item : items) values.push_back(std::invoke(get, item));
    return values;
}

void set_optional(ArtefactWriter& writer, const std::string& key, std::optional<double> value) {
    if (value) writer.set_f64(key, *value);
}

std::optional<double> get_optional(const ArtefactReader& reader, const std::string& key) {
    return reader.has(key) ? std::optional(reader.get_f64(key)) : std::nullopt;
}

std::string text_or_none(const ArtefactReader& reader, const std::string& key) {
    return reader.has(key) ? reader.get_string(key) : "";
}

std::optional<std::size_t> get_optional_size(const ArtefactReader& reader, const std::string& key) {
    return reader.has(key) ? std::optional(reader.get_size(key)) : std::nullopt;
}

void set_agreement(ArtefactWriter& writer, const AgreementEvidence& agreement) {
    writer.set_f64(kAgreement + "carried", agreement.carried);
    set_optional(writer, kAgreement + "shuffled_map", agreement.shuffled_map);
    set_optional(writer, kAgreement + "shuffled_labels", agreement.shuffled_labels);
}

std::optional<AgreementEvidence> get_agreement(const ArtefactReader& reader) {
    if (!reader.has(kAgreement + "carried")) return std::nullopt;
    return AgreementEvidence{.carried = reader.get_f64(kAgreement + "carried"),
                             .shuffled_map = get_optional(reader, kAgreement + "shuffled_map"),
                             .shuffled_labels = get_optional(reader, kAgreement + "shuffled_labels")};
}

void set_standing(ArtefactWriter& writer, const SearchStanding& search) {
    writer.set_u64(kSearch + "candidates", search.candidates);
    if (search.agreeing) writer.set_u64(kSearch + "agreeing", *search.agreeing);
    writer.set_u64(kSearch + "trials", search.trials);
    if (search.first_rank) writer.set_u64(kSearch + "first_rank", *search.first_rank);
    if (!search.runner_up.empty()) writer.set_string(kSearch + "runner_up", search.runner_up);
    set_optional(writer, kSearch + "runner_up_value", search.runner_up_value);
}

std::optional<SearchStanding> get_standing(const ArtefactReader& reader) {
    if (!reader.has(kSearch + "candidates")) return std::nullopt;
    return SearchStanding{.candidates = reader.get_size(kSearch + "candidates"),
                          .agreeing = get_optional_size(reader, kSearch + "agreeing"),
                          .trials = reader.get_size(kSearch + "trials"),
                          .first_rank = get_optional_size(reader, kSearch + "first_rank"),
                          .runner_up = text_or_none(reader, kSearch + "runner_up"),
                          .runner_up_value = get_optional(reader, kSearch + "runner_up_value")};
}

void set_effect(ArtefactWriter& writer, const EffectSignature& effect) {
    writer.set_string_array(kEffect + "words", effect.response.words);
    writer.set_f64_array(kEffect + "change",
                         std::vector<double>(effect.response.change.begin(), effect.response.change.end()));
    writer.set_f64(kEffect + "neutral_loss", effect.neutral_loss);
}

std::optional<EffectSignature> get_effect(const ArtefactReader& reader) {
    if (!reader.has(kEffect + "words")) return std::nullopt;
    EffectSignature effect{{}, reader.get_f64(kEffect + "neutral_loss")};
    effect.response.words = reader.get_string_array(kEffect + "words");
    const std::vector<double> change = reader.get_f64_array(kEffect + "change");
    if (change.size() != effect.response.words.size()) {
        reader.reject("key " + in_quotes(kEffect + "change"),
                      "must have " + std::to_string(effect.response.words.size()) + " elements, one a word",
                      std::to_string(change.size()));
    }
    if (std::ranges::adjacent_find(effect.response.words, std::greater_equal<>()) != effect.response.words.end())
        reader.reject("key " + in_quotes(kEffect + "words"), "must rise");
    for (const double value : change) effect.response.change.push_back(static_cast<float>(value));
    return effect;
}

void set_provenance(ArtefactWriter& writer, const TransplantProvenance& from) {
    writer.set_string(kProvenance + "concept", from.concept_name);
    writer.set_string(kProvenance + "method", from.method);
    set_model_identity(writer, kProvenance + "source.", from.source);
    writer.set_u64(kProvenance + "source_layer", from.source_layer.value);
    writer.set_string(kProvenance + "fit", from.fit);
    set_optional(writer, kProvenance + "held_out_r2", from.held_out_r2);
    set_optional(writer, kProvenance + "directional", from.directional);
    set_optional(writer, kProvenance + "token_match", from.token_match);
    if (!from.map_derivation.empty()) writer.set_string(kProvenance + "map_derivation", from.map_derivation);
    writer.set_u64(kProvenance + "map_rows", from.map_rows);
    writer.set_string(kProvenance + "chosen_by", from.chosen_by);
    if (from.agreement) set_agreement(writer, *from.agreement);
    if (from.search) set_standing(writer, *from.search);
    set_optional(writer, kProvenance + "dev_value", from.dev_value);
    set_optional(writer, kProvenance + "dev_unsteered", from.dev_unsteered);
    set_optional(writer, kProvenance + "kl_nats", from.kl_nats);
    if (from.effect) set_effect(writer, *from.effect);
    writer.set_string(kProvenance + "tool_version", from.tool_version);
}

TransplantProvenance get_provenance(const ArtefactReader& reader) {
    return {.concept_name = reader.get_string(kProvenance + "concept"),
            .method = reader.get_string(kProvenance + "method"),
            .source = get_model_identity(reader, kProvenance + "source."),
            .source_layer = LayerIndex{reader.get_size(kProvenance + "source_layer")},
            .fit = reader.get_string(kProvenance + "fit"),
            .held_out_r2 = get_optional(reader, kProvenance + "held_out_r2"),
            .directional = get_optional(reader, kProvenance + "directional"),
            .token_match = get_optional(reader, kProvenance + "token_match"),
            .map_derivation = text_or_none(reader, kProvenance + "map_derivation"),
            .map_rows = reader.get_size(kProvenance + "map_rows"),
            .chosen_by = reader.get_string(kProvenance + "chosen_by"),
            .agreement = get_agreement(reader),
            .search = get_standing(reader),
            .dev_value = get_optional(reader, kProvenance + "dev_value"),
            .dev_unsteered = get_optional(reader, kProvenance + "dev_unsteered"),
            .kl_nats = get_optional(reader, kProvenance + "kl_nats"),
            .effect = get_effect(reader),
            .tool_version = reader.get_string(kProvenance + "tool_version")};
}

void set_combination(ArtefactWriter& writer, const VectorCombination& combination) {
    writer.set_string(kCombination + "how", combination.how);
    writer.set_string_array(kCombination + "parts", combination.parts);
}

VectorCombination get_combination(const ArtefactReader& reader) {
    return {.how = reader.get_string(kCombination + "how"), .parts = reader.get_string_array(kCombination + "parts")};
}

void set_layers(ArtefactWriter& writer, const std::vector<ControlLayer>& layers) {
    for (const ControlLayer& layer : layers) writer.add_tensor(direction_name(layer.layer), layer.offset);
    writer.set_u32("controlvector.layer_count", static_cast<std::uint32_t>(layers.size()));
    writer.set_f64_array("contrans.dose", numbers_of(layers, &ControlLayer::dose));
    writer.set_f64_array("contrans.coefficient", numbers_of(layers, &ControlLayer::coefficient));
    writer.set_f64_array("contrans.sigma", numbers_of(layers, &ControlLayer::sigma));
}

// llama.cpp takes whatever number follows the dot; here only the way it is written by us, so that no layer comes twice.
LayerIndex layer_of(const ArtefactReader& reader, const std::string& tensor) {
    const std::string_view name = tensor;
    std::size_t number = 0;
    if (name.starts_with(kDirection)) {
        const std::string_view digits = name.substr(kDirection.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    }
    if (number == 0 || direction_name(LayerIndex{number}) != tensor) {
        reader.reject("tensor " + in_quotes(tensor), "a control vector has only direction.N, N a layer of at least 1");
    }
    return LayerIndex{number};
}

std::vector<ControlLayer> read_offsets(const ArtefactReader& reader) {
    std::vector<ControlLayer> layers;
    std::optional<std::size_t> width;
    for (const std::string& tensor : reader.tensor_names()) {
        ControlLayer layer;
        layer.layer = layer_of(reader, tensor);
        layer.offset = reader.vector(tensor, width);
        width = layer.offset.size();
        layers.push_back(std::move(layer));
    }
    if (layers.empty()) reader.reject("tensors", "at least one direction.N is needed");
    std::ranges::sort(layers, {}, &ControlLayer::layer);
    return layers;
}

void fill(const ArtefactReader& reader, const std::string& key, double ControlLayer::*field,
          std::vector<ControlLayer>& layers) {
    const std::vector<double> values = reader.get_f64_array(key);
    if (values.size() != layers.size()) {
        reader.reject("key " + in_quotes(key), "must have " + std::to_string(layers.size()) + " elements, one a layer",
                      std::to_string(values.size()));
    }
    for (std::size_t i = 0; i < layers.size(); ++i) layers[i].*field = values[i];
}

void read_own_keys(const ArtefactReader& reader, ControlVector& vector) {
    reader.require_artefact(kArchitecture);
    fill(reader, "contrans.dose", &ControlLayer::dose, vector.layers);
    fill(reader, "contrans.coefficient", &ControlLayer::coefficient, vector.layers);
    fill(reader, "contrans.sigma", &ControlLayer::sigma, vector.layers);
    if (has_model_identity(reader, kTarget)) vector.target = get_model_identity(reader, kTarget);
    if (reader.has(kProvenance + "concept")) vector.provenance = get_provenance(reader);
    if (vector.provenance && vector.provenance->effect) {
        vector.provenance->effect->response.layer = vector.layers.back().layer;
        vector.provenance->effect->response.dose =
            std::accumulate(vector.layers.begin(), vector.layers.end(), 0.0,
                            [](double sum, const ControlLayer& l) { return sum + l.dose; });
    }
    if (reader.has(kCombination + "how")) vector.combination = get_combination(reader);
    if (const auto rule = broken_rule(vector)) reader.reject("control vector", *rule);
}

void renumber(ForeignNumbering numbering, std::vector<ControlLayer>& layers) {
    if (numbering == ForeignNumbering::as_written) return;
    for (ControlLayer& layer : layers) --layer.layer.value;
}

void require_architecture(const ArtefactReader& reader) {
    if (!reader.has("general.architecture")) return;
    const std::string architecture = reader.get_string("general.architecture");
    if (architecture == kArchitecture) return;
    reader.reject("key \"general.architecture\"", "must be " + in_quotes(kArchitecture), in_quotes(architecture));
}

}  // namespace

void write_control_vector(const ControlVector& vector, const std::filesystem::path& file) {
    if (const auto rule = broken_rule(vector))
        throw Error(ErrorKind::argument, file.string() + ": control vector: " + *rule);
    ArtefactWriter writer(kArchitecture);
    writer.set_string("controlvector.model_hint", vector.target ? vector.target->architecture : "");
    set_layers(writer, vector.layers);
    if (vector.target) set_model_identity(writer, kTarget, *vector.target);
    if (vector.provenance) set_provenance(writer, *vector.provenance);
    if (vector.combination) set_combination(writer, *vector.combination);
    writer.write(file);
}

ControlVector read_control_vector(const std::filesystem::path& file, ForeignNumbering numbering) {
    const ArtefactReader reader(file);
    require_architecture(reader);
    ControlVector vector;
    vector.name = file.stem().string();
    vector.layers = read_offsets(reader);
    if (reader.has("contrans.format_version")) {
        read_own_keys(reader, vector);
    } else {
        renumber(numbering, vector.layers);
    }
    return vector;
}

}  // namespace contrans
