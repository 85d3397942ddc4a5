#include "contrans/concepts/refinement.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "contrans/concepts/pooled_states.h"
#include "contrans/concepts/probe.h"
#include "contrans/core/error.h"
#include "contrans/linalg/finite.h"
#include "contrans/linalg/gram.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/random_order.h"
#include "contrans/linalg/symmetric_eigen.h"

namespace contrans {
namespace {

using Pairing = ContrastPairs::Pairing;

std::string shape(MatrixView x) {
    return std::string("[") + std::to_string(x.rows) + ", " + std::to_string(x.cols) + "]";
}

void require_classes(MatrixView positive, MatrixView negative, const RefineOptions& options) {
    const std::string got = ", got " + shape(positive) + " and " + shape(negative);
    if (positive.empty() || negative.empty()) {
        throw Error(ErrorKind::argument, "refine: both classes need texts" + got);
    }
    if (positive.cols != negative.cols) throw Error(ErrorKind::argument, "refine: the widths must agree" + got);
    if (options.pairing == Pairing::paired && positive.rows != negative.rows) {
        throw Error(ErrorKind::argument, "refine: paired classes must be of one size" + got);
    }
    if (!(options.probe_penalty > 0)) {
        throw Error(ErrorKind::argument,
                    "refine: the probe's penalty must be above 0, got " + std::to_string(options.probe_penalty));
    }
    require_finite(positive, "refine: positive states");
    require_finite(negative, "refine: negative states");
}

std::vector<double> mean_difference(MatrixView positive, MatrixView negative) {
    std::vector<double> delta = column_means({positive});
    const std::vector<double> other = column_means({negative});
    for (std::size_t c = 0; c < delta.size(); ++c) delta[c] -= other[c];
    return delta;
}

MatrixF64 paired_differences(MatrixView positive, MatrixView negative) {
    MatrixF64 differences = to_f64(positive);
    for (std::size_t i = 0; i < negative.rows * negative.cols; ++i) {
        differences.data()[i] -= static_cast<double>(negative.data[i]);
    }
    return differences;
}

// The axis of largest second moment about zero, any length; through the smaller of X·Xᵀ and Xᵀ·X.
std::vector<double> principal_axis(const MatrixF64& x) {
    if (x.cols() <= x.rows()) return largest_eigenpair(multiply(x, Op::transposed, x, Op::plain)).vector;
    return multiply(x, Op::transposed, largest_eigenpair(multiply(x, Op::plain, x, Op::transposed)).vector);
}

std::vector<double> pca_axis(MatrixView positive, MatrixView negative, Pairing pairing) {
    if (pairing == Pairing::paired) return principal_axis(paired_differences(positive, negative));
    MatrixF64 all = pooled_states(positive, negative);
    centre_columns(all);
    return principal_axis(all);
}

// u·(uᵀδ) for u = axis / ‖axis‖.
std::vector<double> project_onto(std::span<const double> delta, std::vector<double> axis) {
    const double square = dot(axis, axis);
    const double factor = square > 0 ? dot(delta, axis) / square : 0.0;
    for (double& value : axis) value *= factor;
    return axis;
}

// Rejects a direction that is no more than the rounding of the states it was read from.
std::vector<float> finished(std::span<const double> direction, MatrixView positive) {
    const double length = norm(direction);
    const double scale = norm(column_means({positive}));
    if (!std::isfinite(length) || !(length > 1e-12 * scale)) {
        throw Error(ErrorKind::numeric, "refine: the direction must not vanish, its norm is " + std::to_string(length));
    }
    return {direction.begin(), direction.end()};
}

std::vector<double> raw_direction(MatrixView positive, MatrixView negative, const RefineOptions& options) {
    const std::vector<double> delta = mean_difference(positive, negative);
    switch (options.method) {
        case RefineMethod::mean:
            return delta;
        case RefineMethod::pca:
            return project_onto(delta, pca_axis(positive, negative, options.pairing));
        case RefineMethod::probe:
            return project_onto(delta, probe_axis(positive, negative, options.probe_penalty));
    }
    throw Error(ErrorKind::argument, "refine: unknown method");
}

struct ShuffledClasses {
    Matrix positive;  // [half, d]
    Matrix negative;  // [half, d]
};

// Splits the rows of an old class in two random halves; a row left over by an odd number sits out this draw.
void deal_halves(MatrixView old_class, RandomEngine& engine, std::size_t first, ShuffledClasses& out) {
    const std::vector<std::size_t> order = random_order(old_class.rows, engine);
    for (std::size_t i = 0; i + 1 < order.size(); i += 2) {
        std::ranges::copy(old_class.row(order[i]), out.positive.row(first + i / 2).begin());
        std::ranges::copy(old_class.row(order[i + 1]), out.negative.row(first + i / 2).begin());
    }
}

// Each new class gets half of each old one. A plain permutation leaves a random surplus of old positives in one of the
// new classes, of order 1/√n, and with it that share of the true direction, which a long enough dose would bring out:
// here the surplus is zero in every draw and what is left is the spread within the classes, with zero expectation along
// any direction. New pairs join texts of the same old class, since principal components are blind to the sign: the axis
// of pairs that still cross the classes would be the true one whatever the labels.
ShuffledClasses shuffled_classes(MatrixView positive, MatrixView negative, RandomEngine& engine) {
    const std::size_t half = positive.rows / 2 + negative.rows / 2;
    ShuffledClasses out{Matrix(half, positive.cols), Matrix(half, positive.cols)};
    deal_halves(positive, engine, 0, out);
    deal_halves(negative, engine, positive.rows / 2, out);
    return out;
}

}  // namespace

std::vector<float> refine_direction(MatrixView positive, MatrixView negative, const RefineOptions& options) {
    require_classes(positive, negative, options);
    return finished(raw_direction(positive, negative, options), positive);
}

Matrix refine_shuffled(MatrixView positive, MatrixView negative, const RefineOptions& options,
                       const ShuffleOptions& shuffle) {
    require_classes(positive, negative, options);
    if (positive.rows < 2 || negative.rows < 2) {
        throw Error(ErrorKind::argument, "refine_shuffled: a class needs at least 2 texts, got " + shape(positive) +
                                             " and " + shape(negative));
    }
    RefineOptions within = options;
    within.pairing = Pairing::paired;  // of the new pairs, for unpaired texts too: see shuffled_classes
    RandomEngine engine(shuffle.seed);
    Matrix directions(shuffle.draws, positive.cols);
    for (std::size_t draw = 0; draw < shuffle.draws; ++draw) {
        const ShuffledClasses classes = shuffled_classes(positive, negative, engine);
        const auto direction = finished(raw_direction(classes.positive, classes.negative, within), classes.positive);
        std::ranges::copy(direction, directions.row(draw).begin());
    }
    return directions;
}

}  // namespace contrans
