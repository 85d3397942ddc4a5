#include "contrans/mapping/layer_tables.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "contrans/mapping/field_arrays.h"

namespace contrans {
namespace {

const std::string kSimilarity = "contrans.similarity.";
const std::string kScale = "contrans.target_scale.";

}  // namespace

namespace {

// A list of layers, and beside it one of all their dimensions, each with its layer.
std::string massive_prefix(const std::string& side) { return "contrans.massive." + side + "."; }
std::string dimension_prefix(const std::string& side) { return "contrans.massive_dimension." + side + "."; }

struct PlacedDimension {
    LayerIndex layer;
    MassiveDimension dimension;
};

std::vector<PlacedDimension> dimensions_of(const std::vector<LayerMassive>& layers) {
    std::vector<PlacedDimension> dimensions;
    for (const LayerMassive& layer : layers) {
        for (const MassiveDimension& dimension : layer.dimensions) dimensions.push_back({layer.layer, dimension});
    }
    return dimensions;
}

void read_dimensions(const ArtefactReader& reader, const std::string& prefix, std::vector<LayerMassive>& layers) {
    const FieldReader fields(reader, prefix, "layer");
    const auto layer = fields.integers("layer");
    const auto dimension = fields.integers("dimension");
    const auto share = fields.numbers("share");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto at = std::ranges::find(layers, LayerIndex{layer[i]}, &LayerMassive::layer);
        if (at == layers.end())
            reader.reject("key " + in_quotes(prefix + "layer"), "must name listed layers", std::to_string(layer[i]));
        at->dimensions.push_back({dimension[i], share[i]});
    }
}

}  // namespace

void set_massive(ArtefactWriter& writer, const std::string& side, const std::vector<LayerMassive>& layers) {
    const std::string prefix = massive_prefix(side);
    writer.set_u64_array(prefix + "layer", integers_of(layers, [](const LayerMassive& m) { return m.layer.value; }));
    if (std::ranges::all_of(layers, [](const LayerMassive& m) { return m.rows.has_value(); }))
        writer.set_u64_array(prefix + "rows", integers_of(layers, [](const LayerMassive& m) { return *m.rows; }));
    const std::vector<PlacedDimension> all = dimensions_of(layers);
    const std::string dimensions = dimension_prefix(side);
    writer.set_u64_array(dimensions + "layer", integers_of(all, [](const auto& d) { return d.layer.value; }));
    writer.set_u64_array(dimensions + "dimension",
                         integers_of(all, [](const auto& d) { return d.dimension.dimension; }));
    writer.set_f64_array(dimensions + "share", numbers_of(all, [](const auto& d) { return d.dimension.share; }));
}

std::vector<LayerMassive> read_massive(const ArtefactReader& reader, const std::string& side) {
    const std::string prefix = massive_prefix(side);
    if (!reader.has(prefix + "layer")) return {};
    const FieldReader fields(reader, prefix, "layer");
    const auto layer = fields.integers("layer");
    const auto rows = reader.has(prefix + "rows") ? fields.integers("rows") : std::vector<std::uint64_t>();
    std::vector<LayerMassive> layers;
    for (std::size_t i = 0; i < fields.size(); ++i)
        layers.push_back({LayerIndex{layer[i]}, rows.empty() ? std::nullopt : std::optional<std::size_t>(rows[i]), {}});
    read_dimensions(reader, dimension_prefix(side), layers);
    return layers;
}

void set_similarity(ArtefactWriter& writer, const std::vector<LayerPairSimilarity>& pairs) {
    const auto source = [](const LayerPairSimilarity& p) { return p.source_layer.value; };
    const auto target = [](const LayerPairSimilarity& p) { return p.target_layer.value; };
    writer.set_u64_array(kSimilarity + "source_layer", integers_of(pairs, source));
    writer.set_u64_array(kSimilarity + "target_layer", integers_of(pairs, target));
    writer.set_f64_array(kSimilarity + "cka", numbers_of(pairs, [](const auto& p) { return p.cka; }));
}

void set_scale(ArtefactWriter& writer, const std::vector<LayerScale>& scales) {
    writer.set_u64_array(kScale + "layer", integers_of(scales, [](const LayerScale& s) { return s.layer.value; }));
    writer.set_f64_array(kScale + "sigma", numbers_of(scales, [](const LayerScale& s) { return s.sigma; }));
}

std::vector<LayerPairSimilarity> read_similarity(const ArtefactReader& reader) {
    const FieldReader fields(reader, kSimilarity, "source_layer");
    const auto source = fields.integers("source_layer");
    const auto target = fields.integers("target_layer");
    const auto cka = fields.numbers("cka");
    std::vector<LayerPairSimilarity> pairs;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        pairs.push_back({LayerIndex{source[i]}, LayerIndex{target[i]}, cka[i]});
    }
    return pairs;
}

std::vector<LayerScale> read_scale(const ArtefactReader& reader) {
    const FieldReader fields(reader, kScale, "layer");
    const auto layer = fields.integers("layer");
    const auto sigma = fields.numbers("sigma");
    std::vector<LayerScale> scales;
    for (std::size_t i = 0; i < fields.size(); ++i) scales.push_back({LayerIndex{layer[i]}, sigma[i]});
    return scales;
}

}  // namespace contrans
