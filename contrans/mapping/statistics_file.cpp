#include "contrans/mapping/statistics_file.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/core/model_identity_keys.h"
#include "contrans/core/utf8.h"
#include "contrans/mapping/field_arrays.h"
#include "contrans/mapping/layer_tables.h"

namespace contrans {
namespace {

constexpr const char* kArchitecture = "contrans-statistics";
const std::string kPair = "contrans.pair.";
const std::string kTokens = "contrans.tokens.";
const std::string kLast = "contrans.last.";
const std::string kSourceMassive = "contrans.source_massive";
const std::string kTargetMassive = "contrans.target_massive";

void set_rows(ArtefactWriter& writer, const std::string& prefix, PairStatistics& rows) {
    rows.visit(
        [&](const std::string& name, std::span<double> numbers) { writer.set_f64_array(prefix + name, numbers); });
}

void set_pairs(ArtefactWriter& writer, const std::vector<LayerPair>& pairs) {
    writer.set_u64_array(kPair + "source_layer", integers_of(pairs, [](const LayerPair& p) { return p.source.value; }));
    writer.set_u64_array(kPair + "target_layer", integers_of(pairs, [](const LayerPair& p) { return p.target.value; }));
}

std::vector<LayerPair> read_pairs(const ArtefactReader& reader, const MapStatistics& models) {
    const FieldReader fields(reader, kPair, "source_layer");
    const auto source = fields.integers("source_layer");
    const auto target = fields.integers("target_layer");
    std::vector<LayerPair> pairs;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const LayerPair pair{LayerIndex{source[i]}, LayerIndex{target[i]}};
        if (source[i] >= models.source.n_layers || target[i] >= models.target.n_layers ||
            (!pairs.empty() && pair <= pairs.back())) {
            reader.reject("key " + in_quotes(kPair + "source_layer"), "layer pairs must rise and be the models'",
                          std::to_string(source[i]) + "->" + std::to_string(target[i]));
        }
        pairs.push_back(pair);
    }
    if (pairs.empty()) reader.reject("key " + in_quotes(kPair + "source_layer"), "must name a layer pair");
    return pairs;
}

void require_count(const ArtefactReader& reader, const std::string& key, double rows) {
    if (!(rows >= 0) || rows != std::floor(rows)) {
        reader.reject("key " + in_quotes(key), "must be a number of rows", std::to_string(rows));
    }
}

/// Before memory is taken for them: a damaged file must not ask for more than it holds.
void require_room(const ArtefactReader& reader, const MapStatistics& models, std::size_t n_pairs) {
    const auto d_source = static_cast<double>(models.source.d_model);
    const auto d_target = static_cast<double>(models.target.d_model);
    const double bytes =
        8 * (2 * d_source * (d_source + 1) + 3 * d_target * (d_source + 2) * static_cast<double>(n_pairs));
    if (bytes > static_cast<double>(std::filesystem::file_size(reader.path()))) {
        reader.reject("statistics", "the file is too short for " + std::to_string(n_pairs) + " pairs of layers of " +
                                        std::to_string(models.source.d_model) + " and " +
                                        std::to_string(models.target.d_model) + " dimensions");
    }
}

PairStatistics read_rows(const ArtefactReader& reader, const std::string& prefix, PairStatistics rows) {
    // Older files lack the target layers' own.
    if (!reader.has(prefix + "target.0.train.rows")) rows.target_layers.clear();
    rows.visit([&](const std::string& name, std::span<double> numbers) {
        const std::vector<double> values = reader.get_f64_array(prefix + name);
        if (values.size() != numbers.size()) {
            reader.reject("key " + in_quotes(prefix + name),
                          "must have " + std::to_string(numbers.size()) + " elements", std::to_string(values.size()));
        }
        if (name.ends_with(".rows")) require_count(reader, prefix + name, values.front());
        std::ranges::copy(values, numbers.begin());
    });
    if (!std::ranges::is_sorted(rows.lots)) reader.reject("key " + in_quotes(prefix + "lots"), "must rise");
    return rows;
}

/// Of rows massive at each layer. Unknown ones are left out.
void set_counts(ArtefactWriter& writer, const std::string& key, const std::vector<std::size_t>& counts) {
    if (!counts.empty()) writer.set_u64_array(key, integers_of(counts, [](std::size_t count) { return count; }));
}

std::vector<std::size_t> read_counts(const ArtefactReader& reader, const std::string& key, std::size_t n_layers) {
    if (!reader.has(key)) return {};
    const std::vector<std::uint64_t> counts = reader.get_u64_array(key);
    if (counts.size() != n_layers) {
        reader.reject("key " + in_quotes(key), "must have " + std::to_string(n_layers) + " elements",
                      std::to_string(counts.size()));
    }
    return {counts.begin(), counts.end()};
}

std::vector<std::uint64_t> read_hashes(const ArtefactReader& reader, const std::string& key) {
    std::vector<std::uint64_t> hashes = reader.get_u64_array(key);
    if (!std::ranges::is_sorted(hashes)) reader.reject("key " + in_quotes(key), "must be sorted");
    return hashes;
}

}  // namespace

void write_statistics(MapStatistics& statistics, const std::filesystem::path& file) {
    ArtefactWriter writer(kArchitecture);
    set_model_identity(writer, "contrans.source.", statistics.source);
    set_model_identity(writer, "contrans.target.", statistics.target);
    writer.set_u64("contrans.n_texts", statistics.n_texts);
    writer.set_u64("contrans.tokens_matched", statistics.tokens_matched);
    writer.set_u64("contrans.tokens_comparable", statistics.tokens_comparable);
    writer.set_u64("contrans.rows_masked", statistics.rows_masked);
    set_counts(writer, kSourceMassive, statistics.source_massive);
    set_counts(writer, kTargetMassive, statistics.target_massive);
    writer.set_u64_array("contrans.texts", statistics.texts);
    writer.set_u64_array("contrans.shingles", statistics.shingles);
    set_similarity(writer, statistics.similarity);
    set_scale(writer, statistics.target_scale);
    set_pairs(writer, statistics.last.pairs);
    writer.set_bool("contrans.has_tokens", !statistics.tokens.pairs.empty());
    set_rows(writer, kLast, statistics.last);
    set_rows(writer, kTokens, statistics.tokens);
    writer.write(file);
}

MapStatistics read_statistics(const std::filesystem::path& file) {
    const ArtefactReader reader(file);
    reader.require_artefact(kArchitecture);
    MapStatistics statistics;
    statistics.source = get_model_identity(reader, "contrans.source.");
    statistics.target = get_model_identity(reader, "contrans.target.");
    statistics.n_texts = reader.get_size("contrans.n_texts");
    statistics.tokens_matched = reader.get_size("contrans.tokens_matched");
    statistics.tokens_comparable = reader.get_size("contrans.tokens_comparable");
    statistics.rows_masked = reader.get_size("contrans.rows_masked");
    statistics.texts = read_hashes(reader, "contrans.texts");
    statistics.shingles = read_hashes(reader, "contrans.shingles");
    statistics.similarity = read_similarity(reader);
    statistics.target_scale = read_scale(reader);
    std::vector<LayerPair> pairs = read_pairs(reader, statistics);
    statistics.source_massive = read_counts(reader, kSourceMassive, layers_of(pairs, &LayerPair::source).size());
    statistics.target_massive = read_counts(reader, kTargetMassive, layers_of(pairs, &LayerPair::target).size());
    require_room(reader, statistics, pairs.size());
    const PairStatistics none =
        PairStatistics::none(std::move(pairs), statistics.source.d_model, statistics.target.d_model);
    statistics.last = read_rows(reader, kLast, none);
    if (reader.get_bool("contrans.has_tokens")) statistics.tokens = read_rows(reader, kTokens, none);
    return statistics;
}

}  // namespace contrans
