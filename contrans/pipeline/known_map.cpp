#include "contrans/pipeline/known_map.h"

#include <utility>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/pipeline/target_spread.h"

namespace contrans {
namespace {

std::vector<LayerIndex> all_layers(const Model& model) {
    std::vector<LayerIndex> layers;
    for (std::size_t k = 0; k < model.n_layers(); ++k) layers.push_back({k});
    return layers;
}

void require_same_depth(const Model& model, const Model& twin) {
    if (model.n_layers() == twin.n_layers()) return;
    throw Error(ErrorKind::argument, "known map: " + describe(twin.identity()) + " is no twin of " +
                                         describe(model.identity()) + ": it has " + std::to_string(twin.n_layers()) +
                                         " layers, not " + std::to_string(model.n_layers()));
}

/// y = Rᵀ·x.
AffineMap map_of(const ModelIdentity& model, const ModelIdentity& twin, std::uint64_t seed) {
    const MatrixF64 rotation = twin_rotation(model.d_model, twin.d_model, seed);
    Matrix a(twin.d_model, model.d_model);
    for (std::size_t r = 0; r < a.rows(); ++r) {
        for (std::size_t c = 0; c < a.cols(); ++c) a(r, c) = static_cast<float>(rotation(c, r));
    }
    return AffineMap(std::move(a), std::vector<float>(twin.d_model));
}

struct Residuals {
    std::vector<double> errors;   // per target dimension Σ (y − ŷ)²
    std::vector<double> squares;  // per target dimension Σ y²
    double cosine = 0;            // mean over rows
};

Residuals residuals_of(MatrixView carried, MatrixView actual) {
    Residuals sums{std::vector<double>(actual.cols), std::vector<double>(actual.cols), 0};
    for (std::size_t r = 0; r < actual.rows; ++r) {
        for (std::size_t c = 0; c < actual.cols; ++c) {
            const double y = static_cast<double>(actual(r, c));
            const double error = y - static_cast<double>(carried(r, c));
            sums.errors[c] += error * error;
            sums.squares[c] += y * y;
        }
        const double lengths = norm(carried.row(r)) * norm(actual.row(r));
        if (lengths > 0) sums.cosine += dot(carried.row(r), actual.row(r)) / lengths / static_cast<double>(actual.rows);
    }
    return sums;
}

MapEvidence evidence_of(const LayerSpread& model, const LayerSpread& twin, const AffineMap& map) {
    const Matrix carried = multiply(model.deviations, Op::plain, map.a(), Op::transposed);
    const Residuals sums = residuals_of(carried, twin.deviations);
    MapEvidence evidence{.rank = map.d_source(), .held_out_r2_standard = 1, .directional = sums.cosine};
    double error = 0;
    double square = 0;
    for (std::size_t c = 0; c < sums.errors.size(); ++c) {
        error += sums.errors[c];
        square += sums.squares[c];
        if (sums.squares[c] > 0)
            evidence.held_out_r2_standard -= sums.errors[c] / sums.squares[c] / static_cast<double>(sums.errors.size());
    }
    if (square > 0) evidence.held_out_r2 = 1 - error / square;
    return evidence;
}

}  // namespace

MapSet known_map(const std::shared_ptr<const Model>& model, const std::shared_ptr<const Model>& twin,
                 const TwinOptions& options, std::span<const std::string> neutral, std::size_t threads,
                 const RunContext& context) {
    require_same_depth(*model, *twin);
    const std::span<const std::string> texts = neutral.empty() ? neutral_development_texts() : neutral;
    const std::vector<LayerSpread> of_model = measure_spread(model, texts, all_layers(*model), threads, context);
    const std::vector<LayerSpread> of_twin = measure_spread(twin, texts, all_layers(*twin), threads, context);
    const AffineMap map = map_of(model->identity(), twin->identity(), options.seed);
    const AffineMap another = map_of(model->identity(), twin->identity(), options.seed + 1);

    MapSet maps;
    maps.source = model->identity();
    maps.target = twin->identity();
    maps.token_match = 1;  // one tokenizer
    for (std::size_t k = 0; k < of_twin.size(); ++k) {
        const LayerIndex layer = of_twin[k].layer;
        maps.entries.push_back({layer, layer, FitKind::known, map, another, evidence_of(of_model[k], of_twin[k], map)});
        maps.target_scale.push_back({layer, of_twin[k].sigma});
    }
    return maps;
}

}  // namespace contrans
