#include "contrans/pipeline/build_map.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/shingles.h"
#include "contrans/harvest/harvester.h"
#include "contrans/mapping/cka.h"
#include "contrans/mapping/fits.h"
#include "contrans/mapping/pairing.h"
#include "contrans/mapping/row_plan.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"

namespace contrans {
namespace {

constexpr std::size_t kFewestTexts = 20;
// CKA settles long before a map does.
constexpr std::size_t kSimilarityTexts = 256;
constexpr std::size_t kPlentifulRows = 20;  // a source dimension

/// A text in both tokenisations, and the tokens that end at the same character.
struct PairedText {
    TokenisedText source;
    TokenisedText target;
    TokenPairing pairs;
};

/// The texts that both tokenizers spell out, with the share of target tokens matched.
struct PairedCorpus {
    std::vector<PairedText> texts;
    double token_match = 0;
};

PairedCorpus pair_corpus(const Model& source, const Model& target, std::span<const std::string> texts) {
    PairedCorpus corpus;
    std::size_t matched = 0;
    std::size_t tokens = 0;
    for (const std::string& text : texts) {
        PairedText paired{source.tokenizer().tokenise_with_ends(text), target.tokenizer().tokenise_with_ends(text), {}};
        if (paired.source.offsets != TokenisedText::Offsets::exact ||
            paired.target.offsets != TokenisedText::Offsets::exact)
            continue;
        paired.pairs = pair_tokens(paired.source.byte_ends, paired.target.byte_ends);
        matched += paired.pairs.target.size();
        tokens += paired.pairs.n_target_tokens;
        if (!paired.pairs.source.empty()) corpus.texts.push_back(std::move(paired));
    }
    if (corpus.texts.size() < kFewestTexts) {
        throw Error(ErrorKind::argument, "map: needs at least " + std::to_string(kFewestTexts) +
                                             " texts with tokens that pair in both models, got " +
                                             std::to_string(corpus.texts.size()) + " of " +
                                             std::to_string(texts.size()));
    }
    corpus.token_match = static_cast<double>(matched) / static_cast<double>(std::max<std::size_t>(1, tokens));
    return corpus;
}

/// The tokens of one side, at the positions that `positions_of` picks.
template <class PositionsOf>
std::vector<TokenSelection> select(std::span<const PairedText> texts, TokenisedText PairedText::*side,
                                   const PositionsOf& positions_of) {
    std::vector<TokenSelection> selections;
    for (const PairedText& text : texts) selections.push_back({(text.*side).tokens, positions_of(text)});
    return selections;
}

// Where concepts can be read (their held-out AUC rises late, docs/decisions/layers.md) and where steering is cheap.
constexpr double kSourceBand[] = {0.6, 0.95};
constexpr double kTargetBand[] = {0.5, 0.85};

/// The layers asked for, or those of a band of the depth.
std::vector<LayerIndex> layers_to_look_at(const std::vector<LayerIndex>& asked, const Model& model,
                                          const double (&band_of_depth)[2]) {
    const auto [from, to] = band_of_depth;
    for (const LayerIndex layer : asked) {
        if (layer.value >= model.n_layers()) {
            throw Error(ErrorKind::argument, "map: layer " + std::to_string(layer.value) + " asked for, " +
                                                 describe(model.identity()) + " has layers 0 to " +
                                                 std::to_string(model.n_layers() - 1));
        }
    }
    if (!asked.empty()) return asked;
    std::vector<LayerIndex> band;
    for (std::size_t k = 1; k + 1 < model.n_layers(); ++k) {
        const double depth = static_cast<double>(k) / static_cast<double>(model.n_layers());
        if (depth >= from && depth <= to) band.push_back({k});
    }
    return band.empty() ? std::vector<LayerIndex>{LayerIndex{model.n_layers() / 2}} : band;
}

std::vector<MatrixView> views_of(const TokenStates& states) { return {states.states.begin(), states.states.end()}; }

/// CKA of last tokens, on evenly spaced texts.
std::vector<LayerPairSimilarity> compare_layers(const std::shared_ptr<const Model>& source,
                                                const std::shared_ptr<const Model>& target,
                                                std::span<const PairedText> texts,
                                                const std::vector<LayerIndex>& source_layers,
                                                const std::vector<LayerIndex>& target_layers, std::size_t threads,
                                                const RunContext& context) {
    std::vector<PairedText> sample;
    const std::size_t step = (texts.size() + kSimilarityTexts - 1) / kSimilarityTexts;
    for (std::size_t t = 0; t < texts.size(); t += step) sample.push_back(texts[t]);
    const TokenStates of_source = harvest_tokens(
        source,
        select(sample, &PairedText::source, [](const PairedText& t) { return std::vector{t.pairs.source.back()}; }),
        {source_layers, threads}, context);
    const TokenStates of_target = harvest_tokens(
        target,
        select(sample, &PairedText::target, [](const PairedText& t) { return std::vector{t.pairs.target.back()}; }),
        {target_layers, threads}, context);
    const MatrixF64 cka = linear_cka(views_of(of_source), views_of(of_target));
    std::vector<LayerPairSimilarity> similarity;
    for (std::size_t s = 0; s < source_layers.size(); ++s) {
        for (std::size_t t = 0; t < target_layers.size(); ++t)
            similarity.push_back({source_layers[s], target_layers[t], cka(s, t)});
    }
    return similarity;
}

using LayerPair = std::pair<LayerIndex, LayerIndex>;

/// `n` layers spread over those looked at, ends included.
std::vector<LayerIndex> spread_out(const std::vector<LayerIndex>& layers, std::size_t n) {
    std::vector<LayerIndex> picked;
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t index = n == 1 ? layers.size() / 2 : (i * (layers.size() - 1) + (n - 1) / 2) / (n - 1);
        if (picked.empty() || picked.back() != layers[index]) picked.push_back(layers[index]);
    }
    return picked;
}

/// Three quarters of the depth, where the paper carries (ConTrans §4.1).
LayerIndex paper_layer(const Model& model) {
    return {static_cast<std::size_t>(std::nearbyint(0.75 * static_cast<double>(model.n_layers())))};
}

/// For target layers spread over the depth, the source layers most like each; and the paper's pair.
std::set<LayerPair> shortlist(const std::vector<LayerPairSimilarity>& similarity,
                              const std::vector<LayerIndex>& target_layers, const Model& source, const Model& target,
                              std::size_t n) {
    std::set<LayerPair> pairs;
    for (const LayerIndex layer : spread_out(target_layers, n)) {
        const LayerPairSimilarity* best = nullptr;
        for (const LayerPairSimilarity& s : similarity) {
            if (s.target_layer == layer && (best == nullptr || s.cka > best->cka)) best = &s;
        }
        pairs.insert({best->source_layer, layer});
    }
    const LayerPair paper{paper_layer(source), paper_layer(target)};
    const bool looked_at = std::any_of(similarity.begin(), similarity.end(), [&](const LayerPairSimilarity& s) {
        return s.source_layer == paper.first && s.target_layer == paper.second;
    });
    if (looked_at) pairs.insert(paper);
    return pairs;
}

/// The rows of all texts at one layer of each side; last_rows picks each text's last pair.
struct PairedRows {
    TokenStates source;
    TokenStates target;
    std::vector<std::size_t> document;
    std::vector<std::size_t> last_rows;
};

PairedRows harvest_pairs(const std::shared_ptr<const Model>& source, const std::shared_ptr<const Model>& target,
                         std::span<const PairedText> texts, const std::set<LayerPair>& pairs, std::size_t threads,
                         const RunContext& context) {
    std::set<LayerIndex> source_layers;
    std::set<LayerIndex> target_layers;
    for (const auto& [s, t] : pairs) {
        source_layers.insert(s);
        target_layers.insert(t);
    }
    PairedRows rows;
    rows.source =
        harvest_tokens(source, select(texts, &PairedText::source, [](const PairedText& t) { return t.pairs.source; }),
                       {{source_layers.begin(), source_layers.end()}, threads}, context);
    rows.target =
        harvest_tokens(target, select(texts, &PairedText::target, [](const PairedText& t) { return t.pairs.target; }),
                       {{target_layers.begin(), target_layers.end()}, threads}, context);
    for (std::size_t text = 0; text < texts.size(); ++text) {
        rows.document.insert(rows.document.end(), texts[text].pairs.source.size(), text);
        rows.last_rows.push_back(rows.document.size() - 1);
    }
    return rows;
}

const Matrix& at_layer(const TokenStates& states, LayerIndex layer) {
    const auto found = std::find(states.layers.begin(), states.layers.end(), layer);
    return states.states[static_cast<std::size_t>(found - states.layers.begin())];
}

Matrix rows_of(const Matrix& all, std::span<const std::size_t> rows) {
    Matrix picked(rows.size(), all.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
        std::copy_n(all.row(rows[i]).begin(), all.cols(), picked.row(i).begin());
    return picked;
}

class MapFitter {
public:
    MapFitter(const PairedRows& rows, const std::set<LayerPair>& pairs, std::uint64_t seed)
        : rows_(rows),
          pairs_(pairs),
          token_plan_(plan_rows(rows.document, {.seed = seed})),
          last_plan_(plan_last(rows, seed)) {}

    std::vector<MapEntry> fit_all(const RunContext& context) {
        std::vector<MapEntry> entries;
        context.begin("fit maps", "layer pairs", pairs_.size());
        for (auto pair = pairs_.begin(); pair != pairs_.end();) {
            const LayerIndex source_layer = pair->first;
            const Matrix& x = at_layer(rows_.source, source_layer);
            const Matrix last_x = rows_of(x, rows_.last_rows);
            const SourceFactor tokens(x, token_plan_, token_kinds(x));
            const SourceFactor last(last_x, last_plan_, {FitKind::paper, FitKind::last_ridge});
            for (; pair != pairs_.end() && pair->first == source_layer; ++pair) {
                const Matrix& y = at_layer(rows_.target, pair->second);
                add(entries, *pair, last.fit(rows_of(y, rows_.last_rows)));
                add(entries, *pair, tokens.fit(y));
                context.advance(static_cast<std::size_t>(std::distance(pairs_.begin(), pair)) + 1);
            }
        }
        context.end();
        return entries;
    }

private:
    /// With many rows a dimension the ridge's penalty is next to nothing, and its map the plain one's twin.
    static std::vector<FitKind> token_kinds(const Matrix& x) {
        if (x.rows() > kPlentifulRows * x.cols()) return {FitKind::token_plain};
        return {FitKind::token_ridge, FitKind::token_plain};
    }

    static RowPlan plan_last(const PairedRows& rows, std::uint64_t seed) {
        std::vector<std::size_t> documents(rows.last_rows.size());
        std::iota(documents.begin(), documents.end(), std::size_t{0});
        return plan_rows(documents, {.seed = seed});
    }

    static void add(std::vector<MapEntry>& entries, const LayerPair& pair, std::vector<FittedMap> fits) {
        for (FittedMap& fit : fits) {
            entries.push_back(
                {pair.first, pair.second, fit.kind, std::move(fit.map), std::move(fit.shuffled), fit.evidence});
        }
    }

    const PairedRows& rows_;
    const std::set<LayerPair>& pairs_;
    RowPlan token_plan_;
    RowPlan last_plan_;
};

std::vector<std::uint64_t> corpus_shingles(std::span<const std::string> texts) {
    std::vector<std::vector<std::uint64_t>> each;
    for (const std::string& text : texts) each.push_back(shingles(text));
    return merge_shingles(each);
}

}  // namespace

MapSet build_map(const std::shared_ptr<const Model>& source, const std::shared_ptr<const Model>& target,
                 std::span<const std::string> texts, const MapRequest& request, const RunContext& context) {
    const std::vector<LayerIndex> source_layers = layers_to_look_at(request.source_layers, *source, kSourceBand);
    const std::vector<LayerIndex> target_layers = layers_to_look_at(request.target_layers, *target, kTargetBand);
    const PairedCorpus corpus = pair_corpus(*source, *target, texts);

    MapSet maps;
    maps.source = source->identity();
    maps.target = target->identity();
    maps.n_texts = corpus.texts.size();
    maps.token_match = corpus.token_match;
    maps.corpus_shingles = corpus_shingles(texts);
    maps.similarity =
        compare_layers(source, target, corpus.texts, source_layers, target_layers, request.threads, context);
    const std::set<LayerPair> pairs = shortlist(maps.similarity, target_layers, *source, *target, request.shortlist);
    const PairedRows rows = harvest_pairs(source, target, corpus.texts, pairs, request.threads, context);
    maps.entries = MapFitter(rows, pairs, request.seed).fit_all(context);
    const std::span<const std::string> neutral =
        request.neutral.empty() ? neutral_development_texts() : std::span<const std::string>(request.neutral);
    for (const LayerSpread& spread : measure_spread(target, neutral, rows.target.layers, request.threads, context)) {
        maps.target_scale.push_back({spread.layer, spread.sigma});
    }
    return maps;
}

}  // namespace contrans
