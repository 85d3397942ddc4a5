#include "contrans/mapping/compose_maps.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

std::vector<LayerIndex> layers_between(const MapEntry& first, const MapEntry& second) {
    std::vector<LayerIndex> layers = first.via;
    layers.push_back(second.source_layer);
    layers.insert(layers.end(), second.via.begin(), second.via.end());
    return layers;
}

MapEntry chained(const MapEntry& first, const MapEntry& second) {
    return {.source_layer = first.source_layer,
            .target_layer = second.target_layer,
            .kind = first.kind,
            .map = compose(first.map, second.map),
            .shuffled = compose(first.shuffled, second.map),
            .evidence = {.rows = std::min(first.evidence.rows, second.evidence.rows),
                         .rank = std::min(first.evidence.rank, second.evidence.rank)},
            .via = layers_between(first, second)};
}

/// "10 paper, 14 paper" of one side of a set's entries.
std::string ends_of(const MapSet& maps, LayerIndex MapEntry::*side) {
    std::set<std::pair<std::size_t, std::string>> ends;
    for (const MapEntry& entry : maps.entries) ends.emplace((entry.*side).value, to_string(entry.kind));
    std::string text;
    for (const auto& [layer, kind] : ends) text += (text.empty() ? "" : ", ") + std::to_string(layer) + " " + kind;
    return text;
}

std::string models_of(const MapSet& maps) { return describe(maps.source) + " -> " + describe(maps.target); }

void require_entries(const MapSet& maps) {
    if (maps.entries.empty()) throw Error(ErrorKind::argument, "compose: " + models_of(maps) + " holds no map");
}

std::vector<MapEntry> chained(const MapSet& first, const MapSet& second) {
    require_entries(first);
    require_entries(second);
    std::vector<MapEntry> entries;
    for (const MapEntry& one : first.entries) {
        for (const MapEntry& other : second.entries) {
            if (one.target_layer == other.source_layer && one.kind == other.kind)
                entries.push_back(chained(one, other));
        }
    }
    if (entries.empty()) {
        throw Error(ErrorKind::argument, "compose: no two maps meet: " + models_of(first) + " ends at layers " +
                                             ends_of(first, &MapEntry::target_layer) + ", " + models_of(second) +
                                             " starts at " + ends_of(second, &MapEntry::source_layer));
    }
    return entries;
}

std::vector<std::uint64_t> sorted_union(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
    std::vector<std::uint64_t> both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both;
}

MapSet chained_set(const MapSet& first, const MapSet& second, IdentityMismatch policy) {
    require_same_model("compose: " + models_of(second) + " (source)", second.source, first.target, policy);
    MapSet maps;
    maps.source = first.source;
    maps.target = second.target;
    maps.n_texts = std::min(first.n_texts, second.n_texts);
    maps.entries = chained(first, second);
    maps.target_scale = second.target_scale;
    maps.corpus_shingles = sorted_union(first.corpus_shingles, second.corpus_shingles);
    return maps;
}

std::string derivation_of(std::span<const MapSet> legs) {
    std::string text = "composed by way of ";
    for (std::size_t i = 1; i < legs.size(); ++i) text += (i > 1 ? ", " : "") + describe(legs[i].source);
    return text;
}

}  // namespace

AffineMap compose(const AffineMap& first, const AffineMap& second) {
    if (first.d_target() != second.d_source()) {
        throw Error(ErrorKind::argument, "compose: the first map must be as wide as the second reads, " +
                                             std::to_string(second.d_source()) + " (got " +
                                             std::to_string(first.d_target()) + ")");
    }
    const MatrixF64 a = multiply(to_f64(second.a()), Op::plain, to_f64(first.a()), Op::plain);
    return {to_f32(a), second.map_state(first.b())};
}

MapSet compose(std::span<const MapSet> legs, IdentityMismatch policy) {
    if (legs.size() < 2) {
        throw Error(ErrorKind::argument, "compose: needs at least two map sets, got " + std::to_string(legs.size()));
    }
    MapSet maps = chained_set(legs[0], legs[1], policy);
    for (const MapSet& next : legs.subspan(2)) maps = chained_set(maps, next, policy);
    maps.derivation = derivation_of(legs);
    return maps;
}

}  // namespace contrans
