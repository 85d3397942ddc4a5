#include "contrans/pipeline/layer_choice.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/mapping/cka.h"
#include "contrans/mapping/map_statistics.h"
#include "contrans/mapping/massive_rows.h"

namespace contrans {
namespace {

// CKA settles long before a map does.
constexpr std::size_t kSimilarityTexts = 256;
// What one rank reads at a time, whatever their number, so that all numbers of them read the same bits.
constexpr std::size_t kTextsTogether = 64;

// Where concepts can be read (their held-out AUC rises late, docs/decisions/layers.md) and where steering is cheap.
struct Band {
    double from;
    double to;
};
constexpr Band kSourceBand{0.73, 0.95};
constexpr Band kTargetBand{0.6, 0.85};

std::vector<LayerIndex> layers_to_look_at(std::vector<LayerIndex> asked, const StateReader& reader, Band band) {
    const std::size_t n_layers = reader.identity().n_layers;
    for (const LayerIndex layer : asked) {
        if (!reader.has(layer)) {
            throw Error(ErrorKind::argument,
                        "map: layer " + std::to_string(layer.value) + " asked for of " + describe(reader.identity()) +
                            (layer.value < n_layers ? ", whose store does not hold it"
                                                    : ", which has layers 0 to " + std::to_string(n_layers - 1)));
        }
    }
    if (!asked.empty()) return asked;
    std::vector<LayerIndex> in_band;
    std::vector<LayerIndex> there;
    for (std::size_t k = 0; k < n_layers; ++k) {
        if (!reader.has({k})) continue;
        there.push_back({k});
        const double depth = static_cast<double>(k) / static_cast<double>(n_layers);
        if (k >= 1 && k + 1 < n_layers && depth >= band.from && depth <= band.to) in_band.push_back({k});
    }
    return in_band.empty() ? std::vector{there[there.size() / 2]} : in_band;
}

/// One side's rows of a sample, all layers: zeros where another rank reads.
class SampleRows {
public:
    SampleRows(const StateReader& reader, const std::vector<LayerIndex>& layers, std::size_t n)
        : reader_(reader), layers_(layers), states_(layers.size(), MatrixF64(n, reader.identity().d_model)) {}

    void read(std::size_t first, std::span<const PointSelection> texts, std::size_t threads,
              const RunContext& context) {
        const TokenStates read = reader_.read(texts, {layers_, threads}, context);
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            for (std::size_t r = 0; r < texts.size(); ++r)
                std::ranges::copy(read.states[l].view().row(r), states_[l].row(first + r).begin());
        }
    }

    /// All ranks' rows: exact, since all but one summand are zero.
    [[nodiscard]] std::vector<Matrix> share(Communicator& ranks) {
        std::vector<Matrix> shared;
        for (MatrixF64& layer : states_) {
            ranks.sum({layer.data(), layer.rows() * layer.cols()});
            Matrix& narrow = shared.emplace_back(layer.rows(), layer.cols());
            std::transform(layer.data(), layer.data() + layer.rows() * layer.cols(), narrow.data(),
                           [](double x) { return static_cast<float>(x); });
            layer = {};
        }
        return shared;
    }

private:
    const StateReader& reader_;
    const std::vector<LayerIndex>& layers_;
    std::vector<MatrixF64> states_;
};

std::vector<PairedText> sample_of(const ReaderPair& readers, const PairedCorpus& corpus) {
    std::vector<PairedText> sample;
    const std::size_t step = (corpus.texts.size() + kSimilarityTexts - 1) / kSimilarityTexts;
    for (std::size_t t = 0; t < corpus.texts.size(); t += step) sample.push_back(*pair_text(readers, *corpus.texts[t]));
    return sample;
}

Matrix rows_of(const Matrix& all, std::span<const std::size_t> rows) {
    Matrix picked(rows.size(), all.cols());
    for (std::size_t i = 0; i < rows.size(); ++i) std::ranges::copy(all.row(rows[i]), picked.row(i).begin());
    return picked;
}

/// CKA of the rows that are massive nowhere.
MatrixF64 similarity_of(std::vector<Matrix> source, std::vector<Matrix> target) {
    std::vector<MatrixView> all(source.begin(), source.end());
    all.insert(all.end(), target.begin(), target.end());
    const std::vector<std::size_t> ordinary = ordinary_rows(all);
    for (Matrix& layer : source) layer = rows_of(layer, ordinary);
    for (Matrix& layer : target) layer = rows_of(layer, ordinary);
    return linear_cka(std::vector<MatrixView>(source.begin(), source.end()),
                      std::vector<MatrixView>(target.begin(), target.end()));
}

/// `n` layers spread over those looked at, ends included.
std::vector<LayerIndex> spread_out(const std::vector<LayerIndex>& layers, std::size_t n) {
    std::vector<LayerIndex> picked;
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t index = n == 1 ? layers.size() / 2 : (i * (layers.size() - 1) + (n - 1) / 2) / (n - 1);
        if (picked.empty() || picked.back() != layers[index]) picked.push_back(layers[index]);
    }
    return picked;
}

}  // namespace

LayerBands choose_bands(const ReaderPair& readers, LayerBands asked) {
    return {layers_to_look_at(std::move(asked.source), readers.source, kSourceBand),
            layers_to_look_at(std::move(asked.target), readers.target, kTargetBand)};
}

std::vector<LayerPairSimilarity> compare_layers(const ReaderPair& readers, const PairedCorpus& corpus,
                                                const LayerBands& bands, std::size_t threads, Communicator& ranks,
                                                const RunContext& context) {
    const std::vector<PairedText> sample = sample_of(readers, corpus);
    SampleRows of_source(readers.source, bands.source, sample.size());
    SampleRows of_target(readers.target, bands.target, sample.size());
    context.begin("compare layers", "texts", 2 * sample.size());
    for (std::size_t first = 0; first < sample.size(); first += kTextsTogether) {
        context.advance(2 * first);
        if (!ranks.owns(first / kTextsTogether)) continue;
        ProgressPart progress(context, 2 * first);
        const RunContext part{&progress, context.stop};
        std::vector<PointSelection> source;
        std::vector<PointSelection> target;
        for (std::size_t t = first; t < std::min(sample.size(), first + kTextsTogether); ++t) {
            source.push_back({&sample[t].source, {sample[t].pairs.source.back()}});
            target.push_back({&sample[t].target, {sample[t].pairs.target.back()}});
        }
        of_source.read(first, source, threads, part);
        of_target.read(first, target, threads, part);
    }
    context.end();
    const MatrixF64 cka = similarity_of(of_source.share(ranks), of_target.share(ranks));
    std::vector<LayerPairSimilarity> similarity;
    for (std::size_t s = 0; s < bands.source.size(); ++s) {
        for (std::size_t t = 0; t < bands.target.size(); ++t)
            similarity.push_back({bands.source[s], bands.target[t], cka(s, t)});
    }
    return similarity;
}

std::vector<LayerPair> shortlist(const ReaderPair& readers, const LayerBands& bands, std::size_t n) {
    std::set<LayerPair> pairs;
    for (const LayerIndex source : spread_out(bands.source, n)) {
        for (const LayerIndex target : spread_out(bands.target, n)) pairs.insert({source, target});
    }
    const LayerPair paper = paper_pair(readers.source.identity(), readers.target.identity());
    if (std::ranges::count(bands.source, paper.source) != 0 && std::ranges::count(bands.target, paper.target) != 0)
        pairs.insert(paper);
    return {pairs.begin(), pairs.end()};
}

}  // namespace contrans
