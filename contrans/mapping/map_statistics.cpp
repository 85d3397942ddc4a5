#include "contrans/mapping/map_statistics.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/mapping/fits.h"

namespace contrans {
namespace {

constexpr std::size_t kPlentifulRows = 20;  // a source dimension

std::vector<std::uint64_t> sorted_union(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
    std::vector<std::uint64_t> both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both;
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
    if (scope == FitScope::all) return {FitKind::token_ridge, FitKind::token_plain, FitKind::token_procrustes};
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
    for (FittedMap& fit : factor.fit(rows.targets[pair])) {
        entries.push_back({rows.pairs[pair].source, rows.pairs[pair].target, fit.kind, std::move(fit.map),
                           std::move(fit.shuffled), fit.evidence});
    }
}

/// All pairs of one source layer; the pairs are sorted.
std::size_t end_of_source(const std::vector<LayerPair>& pairs, std::size_t first) {
    std::size_t end = first;
    while (end < pairs.size() && pairs[end].source == pairs[first].source) ++end;
    return end;
}

}  // namespace

void MapStatistics::merge(const MapStatistics& other) {
    require_mergeable(*this, other);
    n_texts += other.n_texts;
    tokens_matched += other.tokens_matched;
    tokens_comparable += other.tokens_comparable;
    rows_masked += other.rows_masked;
    texts = sorted_union(texts, other.texts);
    shingles = sorted_union(shingles, other.shingles);
    tokens.merge(other.tokens);
    last.merge(other.last);
}

std::vector<LayerScale> spread_of_rows(const PairStatistics& rows) {
    std::vector<LayerScale> scales;
    for (const LayerIndex layer : layers_of(rows.pairs, &LayerPair::target)) {
        const auto pair = std::ranges::find(rows.pairs, layer, &LayerPair::target) - rows.pairs.begin();
        // Torn pairs are of all rows, whatever their order.
        const TargetMoments& all = rows.targets[static_cast<std::size_t>(pair)].torn;
        const double squares = std::accumulate(all.squares.begin(), all.squares.end(), 0.0);
        scales.push_back({layer, std::sqrt(squares / all.rows)});
    }
    return scales;
}

LayerPair paper_pair(const ModelIdentity& source, const ModelIdentity& target) {
    return {paper_layer(source), paper_layer(target)};
}

MapSet fit_maps(const MapStatistics& statistics, FitScope scope, const RunContext& context) {
    MapSet maps;
    maps.source = statistics.source;
    maps.target = statistics.target;
    maps.n_texts = statistics.n_texts;
    maps.token_match = static_cast<double>(statistics.tokens_matched) /
                       static_cast<double>(std::max<std::size_t>(1, statistics.tokens_comparable));
    maps.rows_masked = statistics.rows_masked;
    maps.similarity = statistics.similarity;
    maps.target_scale = statistics.target_scale;
    maps.corpus_shingles = statistics.shingles;
    const PairStatistics& last = statistics.last;
    const PairStatistics& tokens = statistics.tokens;
    context.begin("fit maps", "layer pairs", last.pairs.size());
    for (std::size_t first = 0; first < last.pairs.size();) {
        const std::size_t end = end_of_source(last.pairs, first);
        const std::size_t source = last.source_of(first);
        std::optional<SourceFactor> of_last;
        std::optional<SourceFactor> of_tokens;
        if (!tokens.pairs.empty())
            of_tokens.emplace(tokens.sources[source], token_kinds(tokens, statistics.source.d_model, scope));
        for (; first < end; ++first) {
            if (wants_last(statistics, last.pairs[first], scope)) {
                if (!of_last) of_last.emplace(last.sources[source], std::vector{FitKind::paper, FitKind::last_ridge});
                add_fits(last, first, *of_last, maps.entries);
            }
            if (of_tokens) add_fits(tokens, first, *of_tokens, maps.entries);
            context.advance(first + 1);
        }
    }
    context.end();
    return maps;
}

}  // namespace contrans
