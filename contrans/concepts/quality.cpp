#include "contrans/concepts/quality.h"

#include <algorithm>
#include <string>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/random_order.h"

namespace contrans {
namespace {

constexpr std::size_t kFolds = 5;
constexpr std::size_t kHalvings = 8;

// A random order of each class; one and the same when rows are paired.
struct TextOrders {
    std::vector<std::size_t> positive;
    std::vector<std::size_t> negative;
};

TextOrders random_orders(std::size_t n_positive, std::size_t n_negative, ContrastPairs::Pairing pairing,
                         RandomEngine& engine) {
    TextOrders orders;
    orders.positive = random_order(n_positive, engine);
    orders.negative = pairing == ContrastPairs::Pairing::paired ? orders.positive : random_order(n_negative, engine);
    return orders;
}

struct Part {
    std::vector<std::size_t> held_out;
    std::vector<std::size_t> kept;
};

// Every `of`-th of the order, from `fold` on, is held out.
Part fold_of(std::span<const std::size_t> order, std::size_t fold, std::size_t of) {
    Part part;
    for (std::size_t i = 0; i < order.size(); ++i) (i % of == fold ? part.held_out : part.kept).push_back(order[i]);
    return part;
}

std::vector<double> projections(MatrixView x, std::span<const std::size_t> rows, std::span<const float> direction) {
    std::vector<double> scores;
    scores.reserve(rows.size());
    for (const std::size_t r : rows) scores.push_back(dot(x.row(r), direction));
    return scores;
}

double cross_validated_auc(MatrixView positive, MatrixView negative, const RefineOptions& options,
                           RandomEngine& engine) {
    const std::size_t folds = std::min({kFolds, positive.rows, negative.rows});
    const TextOrders orders = random_orders(positive.rows, negative.rows, options.pairing, engine);
    double won = 0;
    double comparisons = 0;
    for (std::size_t fold = 0; fold < folds; ++fold) {
        const Part p = fold_of(orders.positive, fold, folds);
        const Part n = fold_of(orders.negative, fold, folds);
        const auto direction = refine_direction(gather_rows(positive, p.kept), gather_rows(negative, n.kept), options);
        const double weight = static_cast<double>(p.held_out.size() * n.held_out.size());
        won += weight * area_under_roc(projections(positive, p.held_out, direction),
                                       projections(negative, n.held_out, direction));
        comparisons += weight;
    }
    return won / comparisons;
}

double cosine(std::span<const float> a, std::span<const float> b) { return dot(a, b) / (norm(a) * norm(b)); }

double split_half_cosine(MatrixView positive, MatrixView negative, const RefineOptions& options, RandomEngine& engine) {
    double sum = 0;
    for (std::size_t i = 0; i < kHalvings; ++i) {
        const TextOrders orders = random_orders(positive.rows, negative.rows, options.pairing, engine);
        const Part p = fold_of(orders.positive, 0, 2);
        const Part n = fold_of(orders.negative, 0, 2);
        sum += cosine(refine_direction(gather_rows(positive, p.held_out), gather_rows(negative, n.held_out), options),
                      refine_direction(gather_rows(positive, p.kept), gather_rows(negative, n.kept), options));
    }
    return sum / static_cast<double>(kHalvings);
}

}  // namespace

double area_under_roc(std::span<const double> positive, std::span<const double> negative) {
    if (positive.empty() || negative.empty()) {
        throw Error(ErrorKind::argument, "area_under_roc: both sides need scores, got " +
                                             std::to_string(positive.size()) + " and " +
                                             std::to_string(negative.size()));
    }
    std::vector<double> sorted(negative.begin(), negative.end());
    std::ranges::sort(sorted);
    double won = 0;
    for (const double score : positive) {
        const auto equal = std::ranges::equal_range(sorted, score);
        won += static_cast<double>(equal.begin() - sorted.begin()) + 0.5 * static_cast<double>(equal.size());
    }
    return won / static_cast<double>(positive.size() * negative.size());
}

DirectionQuality direction_quality(MatrixView positive, MatrixView negative, const RefineOptions& options,
                                   std::uint64_t seed) {
    if (positive.rows < 2 || negative.rows < 2) {
        throw Error(ErrorKind::argument, "direction_quality: a class needs at least 2 texts, got " +
                                             std::to_string(positive.rows) + " and " + std::to_string(negative.rows));
    }
    RandomEngine engine(seed);
    DirectionQuality quality;
    quality.norm = norm(refine_direction(positive, negative, options));
    quality.held_out_auc = cross_validated_auc(positive, negative, options, engine);
    quality.split_half_cosine = split_half_cosine(positive, negative, options, engine);
    return quality;
}

}  // namespace contrans
