#include "contrans/mapping/invert_maps.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/svd.h"

namespace contrans {
namespace {

void require_usable(const InverseOptions& options, std::size_t most) {
    if (options.rank && (*options.rank == 0 || *options.rank > most)) {
        throw Error(ErrorKind::argument, "inverse: the rank must be 1 to " + std::to_string(most) + " (got " +
                                             std::to_string(*options.rank) + ")");
    }
    if (!(options.floor > 0 && options.floor <= 1)) {
        throw Error(ErrorKind::argument,
                    "inverse: the floor must be over 0 and at most 1 (got " + std::to_string(options.floor) + ")");
    }
}

// What f32 matrices leave of singular values that are zero, as a share of the largest.
constexpr double kRounding = 1e-6;

std::size_t rank_kept(const std::vector<double>& values, const InverseOptions& options) {
    const double least = std::max(kRounding, options.rank ? 0 : options.floor) * values.front();
    const auto over = static_cast<std::size_t>(
        std::ranges::count_if(values, [least](double value) { return value > 0 && value >= least; }));
    if (over == 0 || (options.rank && over < *options.rank)) {
        throw Error(ErrorKind::numeric, "inverse: the map has " + std::to_string(over) +
                                            " singular values over 0 and cannot be inverted at rank " +
                                            std::to_string(options.rank.value_or(1)));
    }
    return options.rank.value_or(over);
}

MatrixF64 pseudo_inverse(const ThinSvd& svd, std::size_t rank) {
    MatrixF64 scaled(rank, svd.u.rows());  // diag(1/s)·Uᵀ
    MatrixF64 right(rank, svd.vt.cols());
    for (std::size_t k = 0; k < rank; ++k) {
        for (std::size_t r = 0; r < svd.u.rows(); ++r) scaled(k, r) = svd.u(r, k) / svd.values[k];
        std::ranges::copy(svd.vt.row(k), right.row(k).begin());
    }
    return multiply(right, Op::transposed, scaled, Op::plain);
}

MapEntry inverted(const MapEntry& entry, const InverseOptions& options) {
    InverseMap inverse = invert(entry.map, options);
    return {.source_layer = entry.target_layer,
            .target_layer = entry.source_layer,
            .kind = entry.kind,
            .map = std::move(inverse.map),
            .shuffled = invert(entry.shuffled, options).map,
            .evidence = {.rows = entry.evidence.rows, .rank = inverse.rank},
            .via = {entry.via.rbegin(), entry.via.rend()}};
}

void require_scales(const std::vector<LayerScale>& scales, const std::vector<LayerIndex>& layers) {
    for (const LayerIndex layer : layers) {
        if (std::ranges::find(scales, layer, &LayerScale::layer) != scales.end()) continue;
        throw Error(ErrorKind::argument, "inverse: the spread of layer " + std::to_string(layer.value) + " is missing");
    }
}

}  // namespace

InverseMap invert(const AffineMap& map, const InverseOptions& options) {
    require_usable(options, std::min(map.d_source(), map.d_target()));
    const ThinSvd svd = thin_svd(to_f64(map.a()));
    const std::size_t rank = rank_kept(svd.values, options);
    const MatrixF64 inverse = pseudo_inverse(svd, rank);
    const std::vector<double> b(map.b().begin(), map.b().end());
    std::vector<float> offset;
    for (const double x : multiply(inverse, Op::plain, b)) offset.push_back(static_cast<float>(-x));
    return {AffineMap(to_f32(inverse), std::move(offset)), rank};
}

MapSet invert(const MapSet& maps, std::vector<LayerScale> scales, const InverseOptions& options) {
    if (maps.entries.empty()) throw Error(ErrorKind::argument, "inverse: the map set holds no map");
    require_scales(scales, source_layers(maps));
    MapSet inverse;
    inverse.source = maps.target;
    inverse.target = maps.source;
    inverse.n_texts = maps.n_texts;
    for (const MapEntry& entry : maps.entries) inverse.entries.push_back(inverted(entry, options));
    inverse.target_scale = std::move(scales);
    inverse.corpus_shingles = maps.corpus_shingles;
    inverse.derivation = "pseudo-inverse of maps from " + describe(maps.source) + " to " + describe(maps.target) +
                         (maps.derivation.empty() ? "" : ", " + maps.derivation);
    return inverse;
}

std::vector<LayerIndex> source_layers(const MapSet& maps) {
    std::set<LayerIndex> layers;
    for (const MapEntry& entry : maps.entries) layers.insert(entry.source_layer);
    return {layers.begin(), layers.end()};
}

}  // namespace contrans
