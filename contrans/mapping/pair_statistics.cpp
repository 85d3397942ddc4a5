#include "contrans/mapping/pair_statistics.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace contrans {
namespace {

constexpr std::size_t kDifferences = RowPlanOptions{}.n_differences;

/// Rows and mean of both folds: all that merging cross moments needs to know of the source.
SourceMoments all_rows(const SourceStatistics& source) {
    const auto without_gram = [](const SourceMoments& m) { return SourceMoments{m.rows, m.mean, {}}; };
    return merge(without_gram(source.train), without_gram(source.held_out));
}

/// Rows are torn within a part. What the parts' means have in common is no torn row's, and would let the control know
/// one kind of text from another: it is left out.
TargetMoments merge_torn(const TargetMoments& a, const SourceMoments& source_a, const TargetMoments& b,
                         const SourceMoments& source_b) {
    TargetMoments merged = merge(a, source_a, b, source_b);
    merged.cross = a.cross;
    for (std::size_t i = 0; i < b.cross.rows() * b.cross.cols(); ++i) merged.cross.data()[i] += b.cross.data()[i];
    return merged;
}

/// Where the k-th of two parts' differences together, by rising lots, comes from.
struct Draw {
    bool other = false;
    std::size_t row = 0;
};

std::vector<Draw> lowest_lots(std::span<const double> mine, std::span<const double> others) {
    std::vector<Draw> draws;
    std::size_t m = 0;
    std::size_t o = 0;
    while (draws.size() < mine.size()) {
        const bool other = o < others.size() && others[o] < mine[m];
        draws.push_back({other, other ? o++ : m++});
    }
    return draws;
}

void redraw(MatrixF64& mine, const MatrixF64& others, std::span<const Draw> draws) {
    MatrixF64 drawn(draws.size(), mine.cols());
    for (std::size_t k = 0; k < draws.size(); ++k)
        std::ranges::copy((draws[k].other ? others : mine).view().row(draws[k].row), drawn.row(k).begin());
    mine = std::move(drawn);
}

std::size_t place_of(LayerIndex layer, const std::vector<LayerIndex>& layers) {
    return static_cast<std::size_t>(std::ranges::lower_bound(layers, layer) - layers.begin());
}

std::span<double> numbers(MatrixF64& m) { return {m.data(), m.rows() * m.cols()}; }

SourceMoments no_source_moments(std::size_t d) { return {0, std::vector<double>(d), MatrixF64(d, d)}; }

TargetMoments no_target_moments(std::size_t d_source, std::size_t d_target) {
    return {0, std::vector<double>(d_target), std::vector<double>(d_target), MatrixF64(d_source, d_target)};
}

void visit(SourceMoments& moments, const std::string& name, const PairStatistics::Visitor& visitor) {
    visitor(name + ".rows", {&moments.rows, 1});
    visitor(name + ".mean", moments.mean);
    visitor(name + ".gram", numbers(moments.gram));
}

void visit(TargetMoments& moments, const std::string& name, const PairStatistics::Visitor& visitor) {
    visitor(name + ".rows", {&moments.rows, 1});
    visitor(name + ".mean", moments.mean);
    visitor(name + ".squares", moments.squares);
    visitor(name + ".cross", numbers(moments.cross));
}

}  // namespace

SourceStatistics source_statistics(const LayerRows& x) {
    return {x.train_moments(), x.held_out_moments(), x.differences()};
}

SourceStatistics source_statistics(MatrixView x, const RowPlan& plan) {
    return source_statistics(LayerRows(x, plan, "source"));
}

TargetStatistics target_statistics(const LayerRows& x, const LayerRows& y, TornPairs torn) {
    return {y.train_moments_beside(x), y.held_out_moments_beside(x),
            torn == TornPairs::counted ? y.torn_moments_beside(x) : TargetMoments{}, y.differences()};
}

TargetStatistics target_statistics(MatrixView x, MatrixView y, const RowPlan& plan) {
    return target_statistics(LayerRows(x, plan, "source"), LayerRows(y, plan, "target"));
}

std::vector<LayerIndex> layers_of(std::span<const LayerPair> pairs, LayerIndex LayerPair::*side) {
    std::vector<LayerIndex> layers;
    for (const LayerPair& pair : pairs) layers.push_back(pair.*side);
    std::ranges::sort(layers);
    layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
    return layers;
}

PairStatistics PairStatistics::none(std::vector<LayerPair> pairs, std::size_t d_source, std::size_t d_target) {
    PairStatistics none;
    const SourceMoments x = no_source_moments(d_source);
    const TargetMoments y = no_target_moments(d_source, d_target);
    none.sources.assign(layers_of(pairs, &LayerPair::source).size(), {x, x, MatrixF64(kDifferences, d_source)});
    none.targets.assign(pairs.size(), {y, y, y, MatrixF64(kDifferences, d_target)});
    none.target_layers.assign(layers_of(pairs, &LayerPair::target).size(), no_source_moments(d_target));
    none.lots.assign(kDifferences, std::numeric_limits<double>::max());
    none.pairs = std::move(pairs);
    return none;
}

std::size_t PairStatistics::rows() const {
    return targets.empty() ? 0 : static_cast<std::size_t>(targets.front().torn.rows);
}

std::size_t PairStatistics::source_of(std::size_t pair) const {
    return place_of(pairs[pair].source, layers_of(pairs, &LayerPair::source));
}

std::size_t PairStatistics::target_of(std::size_t pair) const {
    return place_of(pairs[pair].target, layers_of(pairs, &LayerPair::target));
}

void PairStatistics::merge(const PairStatistics& other) {
    const std::vector<Draw> draws = lowest_lots(lots, other.lots);
    for (std::size_t t = 0; t < targets.size(); ++t) {
        TargetStatistics& mine = targets[t];
        const TargetStatistics& others = other.targets[t];
        const SourceStatistics& my_source = sources[source_of(t)];
        const SourceStatistics& other_source = other.sources[source_of(t)];
        mine.train = contrans::merge(mine.train, my_source.train, others.train, other_source.train);
        mine.held_out = contrans::merge(mine.held_out, my_source.held_out, others.held_out, other_source.held_out);
        mine.torn = merge_torn(mine.torn, all_rows(my_source), others.torn, all_rows(other_source));
        redraw(mine.differences, others.differences, draws);
    }
    // After the targets, whose sums are about the sources' means of before.
    for (std::size_t s = 0; s < sources.size(); ++s) {
        sources[s].train = contrans::merge(sources[s].train, other.sources[s].train);
        sources[s].held_out = contrans::merge(sources[s].held_out, other.sources[s].held_out);
        redraw(sources[s].differences, other.sources[s].differences, draws);
    }
    // What one part did not count, both have not.
    if (other.target_layers.empty()) target_layers.clear();
    for (std::size_t l = 0; l < target_layers.size(); ++l)
        target_layers[l] = contrans::merge(target_layers[l], other.target_layers[l]);
    std::vector<double> drawn;
    for (const Draw& draw : draws) drawn.push_back((draw.other ? other.lots : lots)[draw.row]);
    lots = std::move(drawn);
}

void PairStatistics::visit(const Visitor& visitor) {
    visitor("lots", lots);
    for (std::size_t s = 0; s < sources.size(); ++s) {
        const std::string name = "source." + std::to_string(s);
        contrans::visit(sources[s].train, name + ".train", visitor);
        contrans::visit(sources[s].held_out, name + ".held_out", visitor);
        visitor(name + ".differences", numbers(sources[s].differences));
    }
    for (std::size_t t = 0; t < targets.size(); ++t) {
        const std::string name = "pair." + std::to_string(t);
        contrans::visit(targets[t].train, name + ".train", visitor);
        contrans::visit(targets[t].held_out, name + ".held_out", visitor);
        contrans::visit(targets[t].torn, name + ".torn", visitor);
        visitor(name + ".differences", numbers(targets[t].differences));
    }
    for (std::size_t l = 0; l < target_layers.size(); ++l)
        contrans::visit(target_layers[l], "target." + std::to_string(l) + ".train", visitor);
}

}  // namespace contrans
