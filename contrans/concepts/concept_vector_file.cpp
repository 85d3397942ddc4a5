#include "contrans/concepts/concept_vector_file.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "contrans/concepts/word_response_file.h"
#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/model_identity_keys.h"
#include "contrans/core/parse_key.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr const char* kArchitecture = "contrans-concept";
constexpr const char* kMethod = "contrans.method";
constexpr const char* kPosition = "contrans.position";
constexpr const char* kSource = "contrans.source.";
constexpr const char* kLayers = "contrans.layers";
constexpr const char* kAlternatives = "contrans.alternatives";

// Names of tensors begin with nothing, or an alternative's number.
std::string of_alternative(std::size_t i) { return "alternative." + std::to_string(i) + "."; }
std::string direction_name(const std::string& prefix, LayerIndex layer) {
    return prefix + "direction." + std::to_string(layer.value);
}
std::string shuffled_name(const std::string& prefix, LayerIndex layer) {
    return prefix + "shuffled." + std::to_string(layer.value);
}

bool rising(const std::vector<ConceptLayer>& layers) {
    return std::ranges::adjacent_find(layers, std::greater_equal<>(), &ConceptLayer::layer) == layers.end();
}

std::optional<std::string> broken_width(const std::vector<ConceptLayer>& layers, std::size_t width) {
    for (const ConceptLayer& layer : layers) {
        const bool fits = layer.direction.size() == width && (layer.shuffled.empty() || layer.shuffled.cols() == width);
        if (!fits) {
            return "layer " + std::to_string(layer.layer.value) + " must be as wide as the source, " +
                   std::to_string(width) + " (got " + std::to_string(layer.direction.size()) + " and " +
                   std::to_string(layer.shuffled.cols()) + ")";
        }
    }
    return std::nullopt;
}

// What a vector must be to be written and read; nothing when it is.
std::optional<std::string> broken_rule(const ConceptVector& vector) {
    if (vector.layers.empty()) return "at least one layer is needed";
    if (!rising(vector.layers)) return "layers must rise";
    if (std::ranges::find(vector.layers, vector.suggested_layer, &ConceptLayer::layer) == vector.layers.end()) {
        return "the suggested layer " + std::to_string(vector.suggested_layer.value) + " must be among the layers";
    }
    if (vector.layers.back().layer.value >= vector.source.n_layers) {
        return "layers must be below the source's " + std::to_string(vector.source.n_layers);
    }
    if (const auto rule = broken_width(vector.layers, vector.source.d_model)) return rule;
    for (const AlternativeRefinement& alternative : vector.alternatives) {
        if (!std::ranges::equal(alternative.layers, vector.layers, {}, &ConceptLayer::layer, &ConceptLayer::layer))
            return "the layers of " + to_string(alternative.how) + " must be those of the concept";
        if (const auto rule = broken_width(alternative.layers, vector.source.d_model)) return rule;
    }
    if (vector.responses.size() > 1 && vector.responses.size() != 1 + vector.alternatives.size())
        return "responses must be one, or one a refinement";
    return contrans::broken_rule(vector.responses);
}

void add_layers(ArtefactWriter& writer, const std::string& prefix, const std::vector<ConceptLayer>& layers) {
    for (const ConceptLayer& layer : layers) {
        writer.add_tensor(direction_name(prefix, layer.layer), layer.direction);
        if (!layer.shuffled.empty()) writer.add_tensor(shuffled_name(prefix, layer.layer), layer.shuffled.view());
    }
}

void set_quality(ArtefactWriter& writer, const std::vector<ConceptLayer>& layers) {
    const auto set = [&](const std::string& key, double DirectionQuality::*field) {
        std::vector<double> values;
        for (const ConceptLayer& layer : layers) values.push_back(layer.quality.*field);
        writer.set_f64_array(key, values);
    };
    set("contrans.quality.norm", &DirectionQuality::norm);
    set("contrans.quality.held_out_auc", &DirectionQuality::held_out_auc);
    set("contrans.quality.split_half_cosine", &DirectionQuality::split_half_cosine);
}

void set_alternatives(ArtefactWriter& writer, const std::vector<AlternativeRefinement>& alternatives) {
    if (alternatives.empty()) return;
    std::vector<std::string> names;
    for (const AlternativeRefinement& alternative : alternatives) {
        add_layers(writer, of_alternative(names.size()), alternative.layers);
        names.push_back(to_string(alternative.how));
    }
    writer.set_string_array(kAlternatives, names);
}

std::vector<double> one_a_layer(const ArtefactReader& reader, const std::string& key, std::size_t n_layers) {
    std::vector<double> values = reader.get_f64_array(key);
    if (values.size() != n_layers) {
        reader.reject("key " + in_quotes(key), "must have " + std::to_string(n_layers) + " elements, one a layer",
                      std::to_string(values.size()));
    }
    return values;
}

std::vector<ConceptLayer> read_layers(const ArtefactReader& reader, const std::string& prefix, std::size_t width) {
    std::vector<ConceptLayer> layers;
    for (const std::uint64_t number : reader.get_u64_array(kLayers)) {
        const LayerIndex layer{number};
        const std::string shuffled = shuffled_name(prefix, layer);
        layers.push_back({layer, reader.vector(direction_name(prefix, layer), width), {}, {}});
        if (reader.has_tensor(shuffled)) layers.back().shuffled = reader.matrix(shuffled, {.cols = width});
    }
    return layers;
}

void read_quality(const ArtefactReader& reader, std::vector<ConceptLayer>& layers) {
    const auto norm = one_a_layer(reader, "contrans.quality.norm", layers.size());
    const auto auc = one_a_layer(reader, "contrans.quality.held_out_auc", layers.size());
    const auto cosine = one_a_layer(reader, "contrans.quality.split_half_cosine", layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i)
        layers[i].quality = {.norm = norm[i], .held_out_auc = auc[i], .split_half_cosine = cosine[i]};
}

// Older files have none.
std::vector<AlternativeRefinement> read_alternatives(const ArtefactReader& reader, std::size_t width) {
    std::vector<AlternativeRefinement> alternatives;
    if (!reader.has(kAlternatives)) return alternatives;
    for (const std::string& name : reader.get_string_array(kAlternatives)) {
        const std::string prefix = of_alternative(alternatives.size());
        alternatives.push_back(
            {parse_key(reader, kAlternatives, name, parse_refinement), read_layers(reader, prefix, width)});
    }
    return alternatives;
}

}  // namespace

void write_concept_vector(const ConceptVector& vector, const std::filesystem::path& file) {
    if (const auto rule = broken_rule(vector))
        throw Error(ErrorKind::argument, file.string() + ": concept vector: " + *rule);
    ArtefactWriter writer(kArchitecture);
    writer.set_string("contrans.name", vector.name);
    writer.set_string(kMethod, to_string(vector.how.method));
    writer.set_string(kPosition, to_string(vector.how.position));
    set_model_identity(writer, kSource, vector.source);
    writer.set_u64("contrans.n_positive", vector.n_positive);
    writer.set_u64("contrans.n_negative", vector.n_negative);
    writer.set_u64("contrans.suggested_layer", vector.suggested_layer.value);
    writer.set_u64_array("contrans.text_shingles", vector.text_shingles);
    std::vector<std::uint64_t> numbers;
    for (const ConceptLayer& layer : vector.layers) numbers.push_back(layer.layer.value);
    writer.set_u64_array(kLayers, numbers);
    set_quality(writer, vector.layers);
    add_layers(writer, "", vector.layers);
    set_alternatives(writer, vector.alternatives);
    set_responses(writer, vector.responses);
    writer.write(file);
}

ConceptVector read_concept_vector(const std::filesystem::path& file) {
    const ArtefactReader reader(file);
    reader.require_artefact(kArchitecture);
    ConceptVector vector;
    vector.name = reader.get_string("contrans.name");
    vector.how = {parse_key(reader, kMethod, reader.get_string(kMethod), parse_refine_method),
                  parse_key(reader, kPosition, reader.get_string(kPosition), parse_text_position)};
    vector.source = get_model_identity(reader, kSource);
    vector.n_positive = reader.get_size("contrans.n_positive");
    vector.n_negative = reader.get_size("contrans.n_negative");
    vector.suggested_layer = LayerIndex{reader.get_size("contrans.suggested_layer")};
    vector.text_shingles = reader.get_u64_array("contrans.text_shingles");
    vector.layers = read_layers(reader, "", vector.source.d_model);
    read_quality(reader, vector.layers);
    vector.alternatives = read_alternatives(reader, vector.source.d_model);
    vector.responses = get_responses(reader);
    if (const auto rule = broken_rule(vector)) reader.reject("concept vector", *rule);
    return vector;
}

}  // namespace contrans
