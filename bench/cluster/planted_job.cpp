#include "bench/cluster/planted_job.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <utility>

#include "contrans/linalg/gram.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/symmetric_eigen.h"

namespace contrans::bench {
namespace {

// Rows are dealt out in the blocks that cross_gram multiplies in f32, so that no product depends on the number of
// ranks; with smaller ones the maps of 1 and 4 ranks differed by 1.3e-6 instead of 2e-9. Each block has a seed of its
// own.
constexpr std::size_t kBlock = 2048;

class Watch {
public:
    /// Seconds since the last call.
    double lap() {
        const auto now = std::chrono::steady_clock::now();
        return std::chrono::duration<double>(now - std::exchange(began_, now)).count();
    }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

void fill(std::span<float> values, std::size_t seed, float scale) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::normal_distribution<float> normal(0, scale);
    for (float& value : values) value = normal(random);
}

Matrix planted_map(std::size_t d) {
    Matrix map(d, d);
    fill({map.data(), d * d}, d, 1 / std::sqrt(static_cast<float>(d)));
    return map;
}

struct Rows {
    Matrix x;
    Matrix y;
};

/// The blocks that this rank owns.
Rows draw_rows(std::size_t d, std::size_t rows, const Matrix& map, const Communicator& ranks) {
    std::vector<std::size_t> blocks;
    for (std::size_t b = 0; b < rows / kBlock; ++b) {
        if (ranks.owns(b)) blocks.push_back(b);
    }
    Rows drawn{Matrix(blocks.size() * kBlock, d), {}};
    Matrix noise(blocks.size() * kBlock, d);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        fill({drawn.x.data() + i * kBlock * d, kBlock * d}, 2 * blocks[i], 1);
        fill({noise.data() + i * kBlock * d, kBlock * d}, 2 * blocks[i] + 1, 0.01F);
    }
    for (std::size_t r = 0; r < drawn.x.rows(); ++r) {
        for (std::size_t c = 0; c < d; ++c) drawn.x(r, c) /= std::sqrt(1 + 0.01F * static_cast<float>(c));
    }
    drawn.y = multiply(drawn.x.view(), Op::plain, map.view(), Op::transposed);
    for (std::size_t i = 0; i < drawn.y.rows() * d; ++i) drawn.y.data()[i] += noise.data()[i];
    return drawn;
}

/// A = (XᵀX)⁻¹XᵀY, transposed, by XᵀX = Vᵀ·diag(λ)·V.
Matrix solve(MatrixF64 gram, const MatrixF64& cross, PlantedTimes& times) {
    Watch watch;
    const SymmetricEigen eigen = symmetric_eigen(std::move(gram));
    times.eigen = watch.lap();
    MatrixF64 projected = multiply(eigen.vectors.view(), Op::plain, cross.view(), Op::plain);
    for (std::size_t r = 0; r < projected.rows(); ++r) {
        for (double& value : projected.row(r)) value /= eigen.values[r];
    }
    Matrix map = to_f32(multiply(projected.view(), Op::transposed, eigen.vectors.view(), Op::plain).view());
    times.products = watch.lap();
    return map;
}

double relative_distance(const Matrix& a, const Matrix& b) {
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < a.rows() * a.cols(); ++i) {
        const double x = a.data()[i];
        const double y = b.data()[i];
        difference += (x - y) * (x - y);
        size += y * y;
    }
    return std::sqrt(difference / size);
}

}  // namespace

PlantedResult run_planted_job(std::size_t d, std::size_t rows, Communicator& ranks) {
    const Matrix planted = planted_map(d);
    PlantedResult result;
    MatrixF64 x_gram;
    MatrixF64 xy_gram;
    {
        const Rows own = draw_rows(d, rows, planted, ranks);
        ranks.barrier();
        Watch watch;
        x_gram = gram({own.x.view()});
        result.times.gram = watch.lap();
        xy_gram = cross_gram({own.x.view()}, {own.y.view()}, GramPrecision::f32_blocks);
        result.times.cross = watch.lap();
    }
    ranks.barrier();
    Watch watch;
    ranks.sum_to_first({x_gram.data(), d * d});
    ranks.sum_to_first({xy_gram.data(), d * d});
    result.times.reduce = watch.lap();
    if (!ranks.is_first()) return result;
    result.map = solve(std::move(x_gram), xy_gram, result.times);
    result.planted_error = relative_distance(result.map, planted);
    return result;
}

}  // namespace contrans::bench
