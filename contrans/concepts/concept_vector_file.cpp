#include "contrans/concepts/concept_vector_file.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/model_identity_keys.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr const char* kArchitecture = "contrans-concept";
constexpr const char* kSource = "contrans.source.";
const std::string kResponse = "contrans.response.";

std::string direction_name(LayerIndex layer) { return "direction." + std::to_string(layer.value); }
std::string shuffled_name(LayerIndex layer) { return "shuffled." + std::to_string(layer.value); }

bool rising(const std::vector<ConceptLayer>& layers) {
    return std::ranges::adjacent_find(layers, std::greater_equal<>(), &ConceptLayer::layer) == layers.end();
}

std::optional<std::string> broken_rule(const WordResponse& response) {
    if (response.words.empty() || response.words.size() != response.change.size()) {
        return "a response needs words and a change for each (got " + std::to_string(response.words.size()) + " and " +
               std::to_string(response.change.size()) + ")";
    }
    if (std::ranges::adjacent_find(response.words, std::greater_equal<>()) != response.words.end())
        return "the response's words must be sorted, each once";
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
    for (const ConceptLayer& layer : vector.layers) {
        const std::size_t width = vector.source.d_model;
        const bool fits = layer.direction.size() == width && (layer.shuffled.empty() || layer.shuffled.cols() == width);
        if (!fits) {
            return "layer " + std::to_string(layer.layer.value) + " must be as wide as the source, " +
                   std::to_string(width) + " (got " + std::to_string(layer.direction.size()) + " and " +
                   std::to_string(layer.shuffled.cols()) + ")";
        }
    }
    return vector.response ? broken_rule(*vector.response) : std::nullopt;
}

template <class Get>
std::vector<double> of_layers(const ConceptVector& vector, Get get) {
    std::vector<double> values;
    for (const ConceptLayer& layer : vector.layers) values.push_back(get(layer));
    return values;
}

void set_layers(ArtefactWriter& writer, const ConceptVector& vector) {
    std::vector<std::uint64_t> numbers;
    for (const ConceptLayer& layer : vector.layers) {
        numbers.push_back(layer.layer.value);
        writer.add_tensor(direction_name(layer.layer), layer.direction);
        if (!layer.shuffled.empty()) writer.add_tensor(shuffled_name(layer.layer), layer.shuffled.view());
    }
    const auto quality = [&](double DirectionQuality::*field) {
        return of_layers(vector, [field](const ConceptLayer& layer) { return layer.quality.*field; });
    };
    writer.set_u64_array("contrans.layers", numbers);
    writer.set_f64_array("contrans.quality.norm", quality(&DirectionQuality::norm));
    writer.set_f64_array("contrans.quality.held_out_auc", quality(&DirectionQuality::held_out_auc));
    writer.set_f64_array("contrans.quality.split_half_cosine", quality(&DirectionQuality::split_half_cosine));
}

void set_response(ArtefactWriter& writer, const WordResponse& response) {
    writer.set_u64(kResponse + "layer", response.layer.value);
    writer.set_f64(kResponse + "dose", response.dose);
    writer.set_string_array(kResponse + "words", response.words);
    writer.add_tensor("response", response.change);
}

// Older files have none, nor have concepts that were read from stored states.
std::optional<WordResponse> get_response(const ArtefactReader& reader) {
    if (!reader.has(kResponse + "words")) return std::nullopt;
    WordResponse response;
    response.layer = LayerIndex{reader.get_size(kResponse + "layer")};
    response.dose = reader.get_f64(kResponse + "dose");
    response.words = reader.get_string_array(kResponse + "words");
    response.change = reader.vector("response", response.words.size());
    return response;
}

// A parser's Error{argument} becomes the file's Error{format}.
template <class Parse>
auto parsed(const ArtefactReader& reader, const std::string& key, Parse parse) {
    const std::string name = reader.get_string(key);
    try {
        return parse(name);
    } catch (const Error& error) {
        reader.reject("key " + in_quotes(key), error.what());
    }
}

std::vector<double> one_a_layer(const ArtefactReader& reader, const std::string& key, std::size_t n_layers) {
    std::vector<double> values = reader.get_f64_array(key);
    if (values.size() != n_layers) {
        reader.reject("key " + in_quotes(key), "must have " + std::to_string(n_layers) + " elements, one a layer",
                      std::to_string(values.size()));
    }
    return values;
}

ConceptLayer read_layer(const ArtefactReader& reader, LayerIndex index, std::size_t width) {
    ConceptLayer layer{
        .layer = index, .direction = reader.vector(direction_name(index), width), .quality = {}, .shuffled = {}};
    const std::string shuffled = shuffled_name(index);
    if (reader.has_tensor(shuffled)) layer.shuffled = reader.matrix(shuffled, {.cols = width});
    return layer;
}

std::vector<ConceptLayer> read_layers(const ArtefactReader& reader, std::size_t width) {
    const std::vector<std::uint64_t> numbers = reader.get_u64_array("contrans.layers");
    const auto norm = one_a_layer(reader, "contrans.quality.norm", numbers.size());
    const auto auc = one_a_layer(reader, "contrans.quality.held_out_auc", numbers.size());
    const auto cosine = one_a_layer(reader, "contrans.quality.split_half_cosine", numbers.size());
    std::vector<ConceptLayer> layers;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        layers.push_back(read_layer(reader, LayerIndex{numbers[i]}, width));
        layers.back().quality = {.norm = norm[i], .held_out_auc = auc[i], .split_half_cosine = cosine[i]};
    }
    return layers;
}

}  // namespace

void write_concept_vector(const ConceptVector& vector, const std::filesystem::path& file) {
    if (const auto rule = broken_rule(vector))
        throw Error(ErrorKind::argument, file.string() + ": concept vector: " + *rule);
    ArtefactWriter writer(kArchitecture);
    writer.set_string("contrans.name", vector.name);
    writer.set_string("contrans.method", to_string(vector.method));
    writer.set_string("contrans.position", to_string(vector.position));
    set_model_identity(writer, kSource, vector.source);
    writer.set_u64("contrans.n_positive", vector.n_positive);
    writer.set_u64("contrans.n_negative", vector.n_negative);
    writer.set_u64("contrans.suggested_layer", vector.suggested_layer.value);
    writer.set_u64_array("contrans.text_shingles", vector.text_shingles);
    set_layers(writer, vector);
    if (vector.response) set_response(writer, *vector.response);
    writer.write(file);
}

ConceptVector read_concept_vector(const std::filesystem::path& file) {
    const ArtefactReader reader(file);
    reader.require_artefact(kArchitecture);
    ConceptVector vector;
    vector.name = reader.get_string("contrans.name");
    vector.method = parsed(reader, "contrans.method", parse_refine_method);
    vector.position = parsed(reader, "contrans.position", parse_text_position);
    vector.source = get_model_identity(reader, kSource);
    vector.n_positive = reader.get_size("contrans.n_positive");
    vector.n_negative = reader.get_size("contrans.n_negative");
    vector.suggested_layer = LayerIndex{reader.get_size("contrans.suggested_layer")};
    vector.text_shingles = reader.get_u64_array("contrans.text_shingles");
    vector.layers = read_layers(reader, vector.source.d_model);
    vector.response = get_response(reader);
    if (const auto rule = broken_rule(vector)) reader.reject("concept vector", *rule);
    return vector;
}

}  // namespace contrans
