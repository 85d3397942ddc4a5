#include "contrans/mapping/map_statistics.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/side_by_side.h"
#include "contrans/mapping/fits.h"

namespace contrans {
namespace {

constexpr std::size_t kPlentifulRows = 20;  // a source dimension

std::vector<std::uint64_t> sorted_union(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
    std::vector<std::uint64_t> both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both;
}

/// Element by element; what one of both does not know, the sum does not.
std::vector<std::size_t> summed(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
    if (a.size() != b.size()) return {};
    std::vector<std::size_t> sums;
    for (std::size_t i = 0; i < a.size(); ++i) sums.push_back(a[i] + b[i]);
    return sums;
}

void require_mergeable(const MapStatistics& a, const MapStatistics& b) {
    if (!(a.source == b.source) || !(a.target == b.target)) {
        throw Error(ErrorKind::argument, "statistics: of " + describe(a.source) + " and " + describe(a.target) +
                                             ", others of " + describe(b.source) + " and " + describe(b.target) +
                                             ": they do not add up");
    }
    if (a.last.pairs != b.last.pairs || a.tokens.pairs != b.tokens.pairs) {
        throw Error(ErrorKind::argument,
                    "statistics: the parts are of other layers or positions; gather the later one with "
                    "--add-statistics, which keeps to the layers of the first");
    }
    std::vector<std::uint64_t> in_both;
    std::ranges::set_intersection(a.texts, b.texts, std::back_inserter(in_both));
    if (!in_both.empty()) {
        throw Error(ErrorKind::argument, "statistics: " + std::to_string(in_both.size()) +
                                             " texts stand in two parts and would count twice");
    }
}

LayerIndex paper_layer(const ModelIdentity& model) {
    return {static_cast<std::size_t>(std::nearbyint(0.75 * static_cast<double>(model.n_layers)))};
}

/// With many rows a dimension the ridge's penalty is next to nothing, and its map the plain one's twin.
std::vector<FitKind> token_kinds(const PairStatistics& tokens, std::size_t d_source, FitScope scope) {
    if (scope == FitScope::all) {
        return {FitKind::token_ridge,     FitKind::token_ridge_raw,    FitKind::token_ridge_whitened,
                FitKind::token_plain,     FitKind::token_reduced_rank, FitKind::token_reduced_rank_whitened,
                FitKind::token_procrustes};
    }
    if (tokens.rows() > kPlentifulRows * d_source) return {FitKind::token_plain};
    return {FitKind::token_ridge, FitKind::token_plain};
}

std::size_t distance(LayerIndex a, LayerIndex b) { return std::max(a.value, b.value) - std::min(a.value, b.value); }

LayerPair nearest_to(const LayerPair& wanted, const std::vector<LayerPair>& pairs) {
    return *std::ranges::min_element(pairs, {}, [&](const LayerPair& pair) {
        return distance(pair.source, wanted.source) + distance(pair.target, wanted.target);
    });
}

bool wants_last(const MapStatistics& statistics, const LayerPair& pair, FitScope scope) {
    return scope == FitScope::all || statistics.tokens.pairs.empty() ||
           pair == nearest_to(paper_pair(statistics.source, statistics.target), statistics.last.pairs);
}

void add_fits(const PairStatistics& rows, std::size_t pair, const SourceFactor& factor,
              std::vector<MapEntry>& entries) {
    const SourceMoments* target_layer =
        rows.target_layers.empty() ? nullptr : &rows.target_layers[rows.target_of(pair)];
    for (FittedMap& fit : factor.fit(rows.targets[pair], target_layer)) {
        entries.push_back({rows.pairs[pair].source, rows.pairs[pair].target, fit.kind, std::move(fit.map),
                           std::move(fit.shuffled.value()), fit.evidence});
    }
}

/// Of a target layer's rows, their own sums. Torn pairs are of all rows, whatever their order.
const TargetMoments& all_rows_of(const PairStatistics& rows, LayerIndex target) {
    const auto pair = std::ranges::find(rows.pairs, target, &LayerPair::target) - rows.pairs.begin();
    return rows.targets[static_cast<std::size_t>(pair)].torn;
}

void require_rows_for(FitScope scope, const PairStatistics& tokens) {
    if (scope != FitScope::all || tokens.pairs.empty() || !tokens.target_layers.empty()) return;
    throw Error(ErrorKind::argument,
                "statistics: an older version kept them without the target layers' Gram matrices, which whitened fits "
                "need; gather them again, or do without --all-fits");
}

/// The rows that layers are looked at by.
const PairStatistics& rows_of(const MapStatistics& statistics) {
    return statistics.tokens.pairs.empty() ? statistics.last : statistics.tokens;
}

LayerMassive massive_at(LayerIndex layer, std::size_t place, const std::vector<std::size_t>& counts,
                        std::vector<MassiveDimension> dimensions) {
    return {layer, place < counts.size() ? std::optional(counts[place]) : std::nullopt, std::move(dimensions)};
}

std::vector<LayerMassive> massive_of_sources(const MapStatistics& statistics) {
    const PairStatistics& rows = rows_of(statistics);
    std::vector<LayerMassive> massive;
    for (const LayerIndex layer : layers_of(rows.pairs, &LayerPair::source)) {
        const std::size_t place = massive.size();
        const SourceMoments all = merge(rows.sources[place].train, rows.sources[place].held_out);
        std::vector<double> squares;
        for (std::size_t j = 0; j < all.gram.rows(); ++j) squares.push_back(all.gram(j, j));
        massive.push_back(
            massive_at(layer, place, statistics.source_massive, massive_dimensions(all.rows, all.mean, squares)));
    }
    return massive;
}

std::vector<LayerMassive> massive_of_targets(const MapStatistics& statistics) {
    const PairStatistics& rows = rows_of(statistics);
    std::vector<LayerMassive> massive;
    for (const LayerIndex layer : layers_of(rows.pairs, &LayerPair::target)) {
        const TargetMoments& all = all_rows_of(rows, layer);
        massive.push_back(massive_at(layer, massive.size(), statistics.target_massive,
                                     massive_dimensions(all.rows, all.mean, all.squares)));
    }
    return massive;
}

}  // namespace

void MapStatistics::merge(const MapStatistics& other) {
    require_mergeable(*this, other);
    n_texts += other.n_texts;
    tokens_matched += other.tokens_matched;
    tokens_comparable += other.tokens_comparable;
    rows_masked += other.rows_masked;
    source_massive = summed(source_massive, other.source_massive);
    target_massive = summed(target_massive, other.target_massive);
    texts = sorted_union(texts, other.texts);
    shingles = sorted_union(shingles, other.shingles);
    tokens.merge(other.tokens);
    last.merge(other.last);
}

std::vector<LayerScale> spread_of_rows(const PairStatistics& rows) {
    std::vector<LayerScale> scales;
    for (const LayerIndex layer : layers_of(rows.pairs, &LayerPair::target)) {
        const TargetMoments& all = all_rows_of(rows, layer);
        const double squares = std::accumulate(all.squares.begin(), all.squares.end(), 0.0);
        scales.push_back({layer, std::sqrt(squares / all.rows)});
    }
    return scales;
}

LayerPair paper_pair(const ModelIdentity& source, const ModelIdentity& target) {
    return {paper_layer(source), paper_layer(target)};
}

namespace {

/// Fits the maps of the pairs of one source layer, in the rows' order: last tokens, all tokens.
class LayerFitter {
public:
    LayerFitter(const MapStatistics& statistics, FitScope scope) : statistics_(statistics), scope_(scope) {}

    void fit(std::size_t pair, std::vector<MapEntry>& entries) {
        const PairStatistics& last = statistics_.last;
        const PairStatistics& tokens = statistics_.tokens;
        if (wants_last(statistics_, last.pairs[pair], scope_))
            add(last, pair, of_last_, {FitKind::paper, FitKind::last_ridge}, entries);
        if (!tokens.pairs.empty())
            add(tokens, pair, of_tokens_, token_kinds(tokens, statistics_.source.d_model, scope_), entries);
    }

private:
    /// @param factor  of the source layer; made where it is not there yet
    static void add(const PairStatistics& rows, std::size_t pair, std::optional<SourceFactor>& factor,
                    std::vector<FitKind> kinds, std::vector<MapEntry>& entries) {
        const LayerPair& layers = rows.pairs[pair];
        try {
            if (!factor) factor.emplace(rows.sources[rows.source_of(pair)], std::move(kinds));
            add_fits(rows, pair, *factor, entries);
        } catch (const Error& error) {
            throw Error(error.kind(), "map: layers " + std::to_string(layers.source.value) + "->" +
                                          std::to_string(layers.target.value) + ": " + error.what());
        }
    }

    const MapStatistics& statistics_;
    FitScope scope_;
    std::optional<SourceFactor> of_last_;
    std::optional<SourceFactor> of_tokens_;
};

/// The places of each source layer's pairs, which follow each other.
std::vector<std::vector<std::size_t>> by_source(const std::vector<LayerPair>& pairs) {
    std::vector<std::vector<std::size_t>> places;
    for (std::size_t p = 0; p < pairs.size(); ++p) {
        if (p == 0 || pairs[p].source != pairs[p - 1].source) places.emplace_back();
        places.back().push_back(p);
    }
    return places;
}

/// Several source layers at a time; the entries in the order of the pairs.
std::vector<MapEntry> fit_pairs(const MapStatistics& statistics, FitScope scope, const RunContext& context) {
    const std::vector<std::vector<std::size_t>> layers = by_source(statistics.last.pairs);
    std::vector<std::vector<MapEntry>> fitted(layers.size());
    std::mutex mutex;
    std::size_t done = 0;
    context.begin("fit maps", "layer pairs", statistics.last.pairs.size());
    for_each_side_by_side(layers.size(), [&](std::size_t layer) {
        LayerFitter fitter(statistics, scope);
        for (const std::size_t pair : layers[layer]) {
            fitter.fit(pair, fitted[layer]);
            const std::lock_guard lock(mutex);
            context.advance(++done);
        }
    });
    context.end();
    std::vector<MapEntry> entries;
    for (std::vector<MapEntry>& of_layer : fitted) std::ranges::move(of_layer, std::back_inserter(entries));
    return entries;
}

}  // namespace

MapSet fit_maps(const MapStatistics& statistics, FitScope scope, const RunContext& context) {
    require_rows_for(scope, statistics.tokens);
    MapSet maps;
    maps.source = statistics.source;
    maps.target = statistics.target;
    maps.n_texts = statistics.n_texts;
    maps.token_match = static_cast<double>(statistics.tokens_matched) /
                       static_cast<double>(std::max<std::size_t>(1, statistics.tokens_comparable));
    maps.rows_masked = statistics.rows_masked;
    maps.source_massive = massive_of_sources(statistics);
    maps.target_massive = massive_of_targets(statistics);
    maps.similarity = statistics.similarity;
    maps.target_scale = statistics.target_scale;
    maps.corpus_shingles = statistics.shingles;
    maps.entries = fit_pairs(statistics, scope, context);
    return maps;
}

}  // namespace contrans
