#include "contrans/mapping/map_file.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/model_identity_keys.h"
#include "contrans/core/parse_key.h"
#include "contrans/core/utf8.h"
#include "contrans/mapping/field_arrays.h"
#include "contrans/mapping/layer_tables.h"

namespace contrans {
namespace {

constexpr const char* kArchitecture = "contrans-map";
constexpr const char* kSource = "contrans.source.";
constexpr const char* kTarget = "contrans.target.";

// In place of a penalty that a kind without a path has none of.
constexpr double kNoPath = -1;

const std::string kEntry = "contrans.entry.";
const std::string kDerivation = "contrans.derivation";

std::string tensor_name(std::size_t entry, const char* part) { return "map." + std::to_string(entry) + "." + part; }

bool fits(const MapSet& maps, const AffineMap& map) {
    return map.d_source() == maps.source.d_model && map.d_target() == maps.target.d_model;
}

bool all_within(const std::vector<LayerMassive>& massive, const ModelIdentity& model) {
    return std::ranges::all_of(massive, [&](const LayerMassive& layer) {
        return layer.layer.value < model.n_layers &&
               std::ranges::all_of(layer.dimensions, [&](const MassiveDimension& d) {
                   return d.dimension < model.d_model && d.share >= 0 && d.share <= 1;
               });
    });
}

// What a map set must be to be written and read; nothing when it is.
std::optional<std::string> broken_rule(const MapSet& maps) {
    const auto source_has = [&](LayerIndex layer) { return layer.value < maps.source.n_layers; };
    const auto target_has = [&](LayerIndex layer) { return layer.value < maps.target.n_layers; };
    const auto both_have = [&](const auto& pair) {
        return source_has(pair.source_layer) && target_has(pair.target_layer);
    };
    const auto wide = [&](const MapEntry& entry) { return fits(maps, entry.map) && fits(maps, entry.shuffled); };
    if (!std::ranges::all_of(maps.entries, wide)) {
        return "every map must be as wide as the models, [" + std::to_string(maps.target.d_model) + ", " +
               std::to_string(maps.source.d_model) + "]";
    }
    if (!std::ranges::all_of(maps.entries, both_have) || !std::ranges::all_of(maps.similarity, both_have) ||
        !std::ranges::all_of(maps.target_scale, target_has, &LayerScale::layer)) {
        return "layers must be below the models' " + std::to_string(maps.source.n_layers) + " and " +
               std::to_string(maps.target.n_layers);
    }
    if (!all_within(maps.source_massive, maps.source) || !all_within(maps.target_massive, maps.target))
        return "massive dimensions must be of the models' layers and widths";
    if (!std::ranges::is_sorted(maps.corpus_shingles)) return "the corpus shingles must be sorted";
    return std::nullopt;
}

// Layers as "14" or "14,9": an array of arrays is nothing that GGUF has.
std::string via_text(const MapEntry& entry) {
    std::string text;
    for (const LayerIndex layer : entry.via) text += (text.empty() ? "" : ",") + std::to_string(layer.value);
    return text;
}

void set_via(ArtefactWriter& writer, const std::vector<MapEntry>& entries) {
    std::vector<std::string> texts;
    for (const MapEntry& entry : entries) texts.push_back(via_text(entry));
    writer.set_string_array(kEntry + "via", texts);
}

void set_scores(ArtefactWriter& writer, const std::vector<MapEntry>& entries) {
    const auto numbers = [&](const char* name, double MapEvidence::*field) {
        writer.set_f64_array(kEntry + name,
                             numbers_of(entries, [field](const MapEntry& e) { return e.evidence.*field; }));
    };
    numbers("penalty", &MapEvidence::penalty);
    numbers("held_out_r2", &MapEvidence::held_out_r2);
    numbers("held_out_r2_standard", &MapEvidence::held_out_r2_standard);
    numbers("directional", &MapEvidence::directional);
    writer.set_f64_array(kEntry + "gcv_penalty", numbers_of(entries, [](const MapEntry& e) {
                             return e.evidence.gcv_penalty.value_or(kNoPath);
                         }));
}

void set_entries(ArtefactWriter& writer, const std::vector<MapEntry>& entries) {
    std::vector<std::string> kinds;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        kinds.push_back(to_string(entries[i].kind));
        writer.add_tensor(tensor_name(i, "a"), entries[i].map.a().view());
        writer.add_tensor(tensor_name(i, "b"), entries[i].map.b());
        writer.add_tensor(tensor_name(i, "shuffled.a"), entries[i].shuffled.a().view());
        writer.add_tensor(tensor_name(i, "shuffled.b"), entries[i].shuffled.b());
    }
    const auto source = [](const MapEntry& e) { return e.source_layer.value; };
    const auto target = [](const MapEntry& e) { return e.target_layer.value; };
    writer.set_string_array(kEntry + "kind", kinds);
    writer.set_u64_array(kEntry + "source_layer", integers_of(entries, source));
    writer.set_u64_array(kEntry + "target_layer", integers_of(entries, target));
    writer.set_u64_array(kEntry + "rows", integers_of(entries, [](const MapEntry& e) { return e.evidence.rows; }));
    writer.set_u64_array(kEntry + "rank", integers_of(entries, [](const MapEntry& e) { return e.evidence.rank; }));
}

/// What only a set that was fitted knows.
void set_measurements(ArtefactWriter& writer, const MapSet& maps) {
    writer.set_f64("contrans.token_match", maps.token_match);
    writer.set_u64("contrans.rows_masked", maps.rows_masked);
    set_massive(writer, "source", maps.source_massive);
    set_massive(writer, "target", maps.target_massive);
    set_scores(writer, maps.entries);
}

void set_derivation(ArtefactWriter& writer, const MapSet& maps) {
    writer.set_string(kDerivation, maps.derivation);
    set_via(writer, maps.entries);
}

AffineMap read_map(const ArtefactReader& reader, const MapIdentities& models, const std::string& a,
                   const std::string& b) {
    Matrix matrix = reader.matrix(a, {.rows = models.target.d_model, .cols = models.source.d_model});
    return AffineMap(std::move(matrix), reader.vector(b, models.target.d_model));
}

std::vector<MapEvidence> read_scores(const FieldReader& fields) {
    const auto penalty = fields.numbers("penalty");
    const auto r2 = fields.numbers("held_out_r2");
    const auto r2_standard = fields.numbers("held_out_r2_standard");
    const auto directional = fields.numbers("directional");
    // Older files lack it.
    const auto gcv =
        fields.has("gcv_penalty") ? fields.numbers("gcv_penalty") : std::vector<double>(fields.size(), kNoPath);
    std::vector<MapEvidence> evidence;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        evidence.push_back({.penalty = penalty[i],
                            .gcv_penalty = gcv[i] < 0 ? std::nullopt : std::optional(gcv[i]),
                            .held_out_r2 = r2[i],
                            .held_out_r2_standard = r2_standard[i],
                            .directional = directional[i]});
    }
    return evidence;
}

std::vector<MapEvidence> read_evidence(const ArtefactReader& reader, const FieldReader& fields) {
    std::vector<MapEvidence> evidence =
        reader.has(kDerivation) ? std::vector<MapEvidence>(fields.size()) : read_scores(fields);
    const auto rows = fields.integers("rows");
    const auto rank = fields.integers("rank");
    for (std::size_t i = 0; i < fields.size(); ++i) {
        evidence[i].rows = rows[i];
        evidence[i].rank = rank[i];
    }
    return evidence;
}

std::vector<LayerIndex> layers_in(const ArtefactReader& reader, const std::string& text) {
    std::vector<LayerIndex> layers;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        LayerIndex layer;
        const auto [next, error] = std::from_chars(at, end, layer.value);
        if (error != std::errc() || (next != end && (*next != ',' || next + 1 == end)))
            reader.reject("key " + in_quotes(kEntry + "via"), "must hold layers with commas between", in_quotes(text));
        layers.push_back(layer);
        at = next == end ? end : next + 1;
    }
    return layers;
}

void read_via(const ArtefactReader& reader, const FieldReader& fields, std::vector<MapEntry>& entries) {
    const auto via = fields.strings("via");
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].via = layers_in(reader, via[i]);
}

std::vector<MapEntry> read_entries(const ArtefactReader& reader, const MapIdentities& models) {
    const FieldReader fields(reader, kEntry, "source_layer");
    const auto source = fields.integers("source_layer");
    const auto target = fields.integers("target_layer");
    const auto kind = fields.strings("kind");
    const auto evidence = read_evidence(reader, fields);
    std::vector<MapEntry> entries;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        entries.push_back(
            {.source_layer = LayerIndex{source[i]},
             .target_layer = LayerIndex{target[i]},
             .kind = parse_key(reader, kEntry + "kind", kind[i], parse_fit_kind),
             .map = read_map(reader, models, tensor_name(i, "a"), tensor_name(i, "b")),
             .shuffled = read_map(reader, models, tensor_name(i, "shuffled.a"), tensor_name(i, "shuffled.b")),
             .evidence = evidence[i]});
    }
    if (reader.has(kDerivation)) read_via(reader, fields, entries);
    return entries;
}

MapIdentities identities(const ArtefactReader& reader) {
    reader.require_artefact(kArchitecture);
    return {get_model_identity(reader, kSource), get_model_identity(reader, kTarget)};
}

}  // namespace

void write_map_set(const MapSet& maps, const std::filesystem::path& file) {
    if (const auto rule = broken_rule(maps)) throw Error(ErrorKind::argument, file.string() + ": map set: " + *rule);
    ArtefactWriter writer(kArchitecture);
    set_model_identity(writer, kSource, maps.source);
    set_model_identity(writer, kTarget, maps.target);
    writer.set_u64("contrans.n_texts", maps.n_texts);
    writer.set_u64_array("contrans.corpus_shingles", maps.corpus_shingles);
    set_similarity(writer, maps.similarity);
    set_scale(writer, maps.target_scale);
    set_entries(writer, maps.entries);
    maps.derivation.empty() ? set_measurements(writer, maps) : set_derivation(writer, maps);
    writer.write(file);
}

MapSet read_map_set(const std::filesystem::path& file) {
    const ArtefactReader reader(file);
    const MapIdentities models = identities(reader);
    MapSet maps;
    maps.source = models.source;
    maps.target = models.target;
    maps.n_texts = reader.get_size("contrans.n_texts");
    if (reader.has(kDerivation)) {
        maps.derivation = reader.get_string(kDerivation);
    } else {
        maps.token_match = reader.get_f64("contrans.token_match");
    }
    // Older files lack it: no row was masked.
    if (reader.has("contrans.rows_masked")) maps.rows_masked = reader.get_size("contrans.rows_masked");
    maps.source_massive = read_massive(reader, "source");
    maps.target_massive = read_massive(reader, "target");
    maps.corpus_shingles = reader.get_u64_array("contrans.corpus_shingles");
    maps.similarity = read_similarity(reader);
    maps.target_scale = read_scale(reader);
    maps.entries = read_entries(reader, models);
    if (const auto rule = broken_rule(maps)) reader.reject("map set", *rule);
    return maps;
}

MapIdentities read_map_identities(const std::filesystem::path& file) { return identities(ArtefactReader(file)); }

}  // namespace contrans
