#include "contrans/mapping/layer_tables.h"

#include <string>

#include "contrans/mapping/field_arrays.h"

namespace contrans {
namespace {

const std::string kSimilarity = "contrans.similarity.";
const std::string kScale = "contrans.target_scale.";

}  // namespace

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
