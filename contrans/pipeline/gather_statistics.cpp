#include "contrans/pipeline/gather_statistics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/shingles.h"
#include "contrans/linalg/side_by_side.h"
#include "contrans/mapping/massive_rows.h"
#include "contrans/pipeline/layer_choice.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"
#include "contrans/runtime/shown_layers.h"

namespace contrans {
namespace {

// Any odd number of many digits: neighbouring blocks must not draw alike.
constexpr std::uint64_t kSeedStep = 0x9E3779B97F4A7C15;

// Half of so few are held out; in the sum with the texts before they weigh little.
constexpr std::size_t kFewestToAdd = 4;

Matrix rows_of(const Matrix& all, std::span<const std::size_t> rows) {
    Matrix picked(rows.size(), all.cols());
    for (std::size_t i = 0; i < rows.size(); ++i) std::ranges::copy(all.row(rows[i]), picked.row(i).begin());
    return picked;
}

TokenStates rows_of(const TokenStates& all, std::span<const std::size_t> rows) {
    TokenStates picked{.layers = all.layers, .states = {}, .first_row = {}};
    for (const Matrix& layer : all.states) picked.states.push_back(rows_of(layer, rows));
    return picked;
}

template <class Item>
std::vector<Item> picked(const std::vector<Item>& all, std::span<const std::size_t> indices) {
    std::vector<Item> items;
    for (const std::size_t i : indices) items.push_back(all[i]);
    return items;
}

/// The paired rows of a block of texts, and the text of each.
struct BlockRows {
    TokenStates source;
    TokenStates target;
    std::vector<std::size_t> document;

    [[nodiscard]] BlockRows at(std::span<const std::size_t> rows) const {
        return {rows_of(source, rows), rows_of(target, rows), picked(document, rows)};
    }
    /// Each text's last row.
    [[nodiscard]] std::vector<std::size_t> last() const {
        std::vector<std::size_t> rows;
        for (std::size_t r = 0; r < document.size(); ++r) {
            if (r + 1 == document.size() || document[r + 1] != document[r]) rows.push_back(r);
        }
        return rows;
    }
    /// Source layers first.
    [[nodiscard]] RowMask mask() const {
        std::vector<MatrixView> layers(source.states.begin(), source.states.end());
        layers.insert(layers.end(), target.states.begin(), target.states.end());
        return mask_rows(layers);
    }
};

BlockRows read_block(const ReaderPair& readers, std::span<const std::string* const> texts,
                     std::span<const LayerPair> pairs, std::size_t threads, const RunContext& context) {
    std::vector<PairedText> paired;
    for (const std::string* text : texts) paired.push_back(*pair_text(readers, *text));
    std::vector<PointSelection> source;
    std::vector<PointSelection> target;
    BlockRows rows;
    for (std::size_t t = 0; t < paired.size(); ++t) {
        rows.document.insert(rows.document.end(), paired[t].pairs.source.size(), t);
        source.push_back({&paired[t].source, std::move(paired[t].pairs.source)});
        target.push_back({&paired[t].target, std::move(paired[t].pairs.target)});
    }
    rows.source = readers.source.read(source, {layers_of(pairs, &LayerPair::source), threads}, context);
    rows.target = readers.target.read(target, {layers_of(pairs, &LayerPair::target), threads}, context);
    return rows;
}

std::vector<LayerRows> prepared(const TokenStates& states, const RowPlan& plan, const std::string& side) {
    std::vector<LayerRows> layers;
    for (const Matrix& layer : states.states) layers.emplace_back(layer, plan, side);
    return layers;
}

PairStatistics statistics_of(const BlockRows& rows, const std::vector<LayerPair>& pairs, std::uint64_t seed) {
    const RowPlan plan = plan_rows(rows.document, {.seed = seed});
    PairStatistics statistics;
    statistics.pairs = pairs;
    statistics.lots = plan.lots;
    // Both readers gave the pairs' layers in rising order.
    const std::vector<LayerRows> sources = prepared(rows.source, plan, "source");
    const std::vector<LayerRows> targets = prepared(rows.target, plan, "target");
    statistics.sources.resize(sources.size());
    statistics.target_layers.resize(targets.size());
    statistics.targets.resize(pairs.size());
    for_each_side_by_side(sources.size(),
                          [&](std::size_t s) { statistics.sources[s] = source_statistics(sources[s]); });
    for_each_side_by_side(targets.size(),
                          [&](std::size_t t) { statistics.target_layers[t] = targets[t].train_moments(); });
    for_each_side_by_side(pairs.size(), [&](std::size_t p) {
        statistics.targets[p] = target_statistics(sources[statistics.source_of(p)], targets[statistics.target_of(p)]);
    });
    return statistics;
}

/// @param counts  source layers first
void add_massive(MapStatistics& sums, std::span<const std::size_t> counts) {
    const std::size_t n_sources = sums.source_massive.size();
    for (std::size_t i = 0; i < counts.size(); ++i)
        (i < n_sources ? sums.source_massive[i] : sums.target_massive[i - n_sources]) += counts[i];
}

/// Adds a block's rows.
void count_block(MapStatistics& sums, BlockRows rows, std::uint64_t seed) {
    const RowMask mask = rows.mask();
    add_massive(sums, mask.massive);
    const std::vector<std::size_t>& ordinary = mask.ordinary;
    // A text whose last row is massive has none: an earlier one is no last one.
    std::vector<std::size_t> last;
    std::ranges::set_intersection(rows.last(), ordinary, std::back_inserter(last));
    sums.last.merge(statistics_of(rows.at(last), sums.last.pairs, seed));
    if (ordinary.size() < rows.document.size()) {
        sums.rows_masked += rows.document.size() - ordinary.size();
        rows = rows.at(ordinary);
    }
    if (!sums.tokens.pairs.empty()) sums.tokens.merge(statistics_of(rows, sums.tokens.pairs, seed));
}

bool has_tokens(const ReaderPair& readers) {
    return readers.source.points() == StateReader::Points::tokens &&
           readers.target.points() == StateReader::Points::tokens;
}

std::span<const std::byte> bytes_of(std::span<const double> numbers) { return std::as_bytes(numbers); }

/// Sends all numbers to another rank, or takes another rank's.
void send(PairStatistics& mine, std::size_t to, Communicator& ranks) {
    mine.visit([&](const std::string&, std::span<double> numbers) { ranks.send(to, bytes_of(numbers)); });
}

PairStatistics receive(const PairStatistics& like, std::size_t from, Communicator& ranks) {
    PairStatistics theirs = like;
    theirs.visit(
        [&](const std::string&, std::span<double> numbers) { ranks.receive(from, std::as_writable_bytes(numbers)); });
    return theirs;
}

/// The ranks' sums become rank 0's, along a binary tree: its order follows from their number alone.
void merge_to_first(PairStatistics& mine, Communicator& ranks) {
    for (std::size_t step = 1; step < ranks.size(); step *= 2) {
        if (ranks.rank() % (2 * step) != 0) return send(mine, ranks.rank() - step, ranks);
        if (ranks.rank() + step < ranks.size()) mine.merge(receive(mine, ranks.rank() + step, ranks));
    }
}

void sum_counts(std::span<std::size_t> counts, Communicator& ranks) {
    std::vector<double> sums(counts.begin(), counts.end());
    ranks.sum(sums);
    std::ranges::transform(sums, counts.begin(), [](double sum) { return static_cast<std::size_t>(sum); });
}

std::vector<std::uint64_t> hashes_of(std::span<const std::string* const> texts) {
    std::vector<std::uint64_t> hashes;
    for (const std::string* text : texts) hashes.push_back(short_hash(*text));
    std::ranges::sort(hashes);
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    return hashes;
}

/// Of all the texts, those without pairs included: what a concept's texts are compared with.
std::vector<std::uint64_t> shingles_of(std::span<const std::string> texts) {
    std::vector<std::vector<std::uint64_t>> each;
    for (const std::string& text : texts) each.push_back(shingles(text));
    return merge_shingles(each);
}

std::string weights_of(const ReaderPair& readers) {
    const auto of = [](const StateReader& reader) {
        return reader.model() == nullptr ? std::string("stored states") : to_string(reader.model()->weights());
    };
    return "source: " + of(readers.source) + "; target: " + of(readers.target);
}

/// Expanded weights show other states than the file's, and not every host can expand them.
void require_same_weights(const ReaderPair& readers, Communicator& ranks) {
    const std::string mine = weights_of(readers);
    const std::string first = ranks.broadcast(mine);
    if (first == mine) return;
    throw Error(ErrorKind::argument, "map: this rank has loaded other weights than rank 0 (" + mine +
                                         "; rank 0: " + first + "); --keep-quants makes all read the files' own");
}

/// Sums of other texts or models must not be mixed.
void require_same_work(const MapStatistics& sums, const PairedCorpus& corpus, const MapRequest& request,
                       Communicator& ranks) {
    Sha256 digest;
    digest.update(sums.source.fingerprint + sums.target.fingerprint + std::to_string(request.seed));
    for (const LayerPair& pair : sums.last.pairs)
        digest.update(" " + std::to_string(pair.source.value) + "->" + std::to_string(pair.target.value));
    for (const std::size_t end : corpus.block_ends) digest.update(" " + std::to_string(end));
    for (const std::string* text : corpus.texts) digest.update(*text);
    const std::string mine = digest.hex_digest();
    if (ranks.broadcast(mine) != mine) {
        throw Error(ErrorKind::argument,
                    "map: this rank does not read what rank 0 reads (models, texts, layers or seed differ)");
    }
}

/// Reads the corpus at the layers that `sums`, which is of no texts, is made for.
void count_corpus(MapStatistics& sums, const ReaderPair& readers, const PairedCorpus& corpus, const MapRequest& request,
                  Communicator& ranks, const RunContext& context) {
    require_same_weights(readers, ranks);
    require_same_work(sums, corpus, request, ranks);
    sums.n_texts = corpus.texts.size();
    sums.tokens_matched = corpus.tokens_matched;
    sums.tokens_comparable = corpus.tokens_comparable;
    sums.texts = hashes_of(corpus.texts);
    context.begin("read with both", "texts", 2 * corpus.texts.size());
    std::size_t done = 0;
    for (std::size_t block = 0; block < corpus.block_ends.size(); ++block) {
        const auto texts = corpus.block(block);
        if (ranks.owns(block)) {
            ProgressPart part(context, done);
            count_block(sums, read_block(readers, texts, sums.last.pairs, request.threads, {&part, context.stop}),
                        request.seed + block * kSeedStep);
        }
        done += 2 * texts.size();
        context.advance(done);
    }
    context.end();
    merge_to_first(sums.tokens, ranks);
    merge_to_first(sums.last, ranks);
    sum_counts({&sums.rows_masked, 1}, ranks);
    sum_counts(sums.source_massive, ranks);
    sum_counts(sums.target_massive, ranks);
}

/// Of no texts, at these layers.
MapStatistics empty_statistics(const ReaderPair& readers, const std::vector<LayerPair>& pairs) {
    MapStatistics none;
    none.source = readers.source.identity();
    none.target = readers.target.identity();
    none.last = PairStatistics::none(pairs, none.source.d_model, none.target.d_model);
    if (has_tokens(readers)) none.tokens = none.last;
    none.source_massive.assign(none.last.sources.size(), 0);
    none.target_massive.assign(none.last.target_layers.size(), 0);
    return none;
}

std::vector<LayerScale> measure_scale(const MapStatistics& sums, const ReaderPair& readers, const MapRequest& request,
                                      const RunContext& context) {
    const std::shared_ptr<const Model> model = readers.target.model();
    if (model == nullptr) return spread_of_rows(sums.tokens.pairs.empty() ? sums.last : sums.tokens);
    const std::span<const std::string> neutral =
        request.neutral.empty() ? neutral_development_texts() : std::span<const std::string>(request.neutral);
    std::vector<LayerScale> scales;
    const std::vector<LayerIndex> layers = layers_of(sums.last.pairs, &LayerPair::target);
    for (const LayerSpread& spread : measure_spread(model, neutral, layers, request.threads, context))
        scales.push_back({spread.layer, spread.sigma});
    return scales;
}

void require_readers_of(const MapStatistics& statistics, const ReaderPair& readers) {
    require_same_model("statistics", statistics.source, readers.source.identity(), IdentityMismatch::refuse);
    require_same_model("statistics", statistics.target, readers.target.identity(), IdentityMismatch::refuse);
    const bool tokens = !statistics.tokens.pairs.empty();
    if (tokens == has_tokens(readers)) return;
    throw Error(ErrorKind::argument, std::string("statistics: are of ") + (tokens ? "tokens" : "one point a text") +
                                         ", the new states are not; harvest them at the same --position");
}

std::vector<std::string> texts_not_in(const MapStatistics& statistics, std::span<const std::string> texts) {
    std::vector<std::string> others;
    for (const std::string& text : texts) {
        if (!std::ranges::binary_search(statistics.texts, short_hash(text))) others.push_back(text);
    }
    return others;
}

}  // namespace

std::optional<MapStatistics> gather_statistics(const ReaderPair& readers, std::span<const std::string> texts,
                                               const MapRequest& request, Communicator& ranks,
                                               const RunContext& context) {
    const LayerBands bands = choose_bands(readers, {request.source_layers, request.target_layers});
    if (readers.source.model()) require_shown_layers(readers.source.model(), bands.source);
    if (readers.target.model()) require_shown_layers(readers.target.model(), bands.target);
    const PairedCorpus corpus = plan_corpus(readers, texts, {.block_tokens = request.block_tokens}, context);
    const auto similarity = compare_layers(readers, corpus, bands, request.threads, ranks, context);
    MapStatistics sums = empty_statistics(readers, shortlist(readers, bands, request.shortlist));
    sums.similarity = similarity;
    count_corpus(sums, readers, corpus, request, ranks, context);
    if (!ranks.is_first()) return std::nullopt;
    sums.shingles = shingles_of(texts);
    sums.target_scale = measure_scale(sums, readers, request, context);
    return sums;
}

std::size_t add_texts(MapStatistics& statistics, const ReaderPair& readers, std::span<const std::string> texts,
                      const MapRequest& request, Communicator& ranks, const RunContext& context) {
    require_readers_of(statistics, readers);
    const std::vector<std::string> others = texts_not_in(statistics, texts);
    if (others.empty()) {
        throw Error(ErrorKind::argument, "statistics: all " + std::to_string(texts.size()) +
                                             " texts stand in them already; there is nothing to add");
    }
    const PairedCorpus corpus = plan_corpus(readers, others, {kFewestToAdd, request.block_tokens}, context);
    MapStatistics sums = empty_statistics(readers, statistics.last.pairs);
    count_corpus(sums, readers, corpus, request, ranks, context);
    sums.shingles = shingles_of(others);
    if (ranks.is_first()) statistics.merge(sums);
    return texts.size() - others.size();
}

}  // namespace contrans
