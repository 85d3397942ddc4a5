#include "contrans/mapping/fits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/cholesky.h"
#include "contrans/linalg/products.h"
#include "contrans/linalg/svd.h"
#include "contrans/mapping/procrustes.h"
#include "contrans/mapping/reduced_rank.h"
#include "tests/core/expect_error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

// y = A·x + b + noise; source and target each with one massive dimension far from zero.
struct World {
    Matrix x;
    Matrix y;
    MatrixF64 a;
    std::vector<double> b;
    std::vector<std::size_t> document;
};

struct WorldShape {
    std::size_t rows = 600;
    std::size_t d_source = 12;
    std::size_t d_target = 9;
    double noise = 0;
};

World make_world(const WorldShape& shape) {
    RandomEngine engine(71);
    World w{testing::random_matrix(shape.rows, shape.d_source, engine), Matrix(shape.rows, shape.d_target),
            testing::random_matrix_f64(shape.d_target, shape.d_source, engine),
            std::vector<double>(shape.d_target, 0.5), std::vector<std::size_t>(shape.rows)};
    w.b[2] = 3000;
    for (std::size_t c = 0; c < shape.d_source; ++c) w.a(2, c) *= 200;
    for (std::size_t r = 0; r < shape.rows; ++r) {
        w.document[r] = r / 5;
        w.x(r, 1) = 300 + 20 * w.x(r, 1);
        for (std::size_t j = 0; j < shape.d_target; ++j) {
            double value = w.b[j] + shape.noise * testing::normal(engine);
            for (std::size_t c = 0; c < shape.d_source; ++c) value += w.a(j, c) * static_cast<double>(w.x(r, c));
            w.y(r, j) = static_cast<float>(value);
        }
    }
    return w;
}

std::vector<FittedMap> fit_rows(const Matrix& x, const Matrix& y, const RowPlan& plan, std::vector<FitKind> kinds,
                                const FitOptions& options = {}) {
    const SourceStatistics source = source_statistics(x, plan);
    const SourceMoments target_layer = LayerRows(y, plan, "target").train_moments();
    return SourceFactor(source, std::move(kinds), options).fit(target_statistics(x, y, plan), &target_layer);
}

FittedMap fit_one(const World& w, FitKind kind, const FitOptions& options = {}) {
    return fit_rows(w.x, w.y, plan_rows(w.document), {kind}, options).front();
}

double raw_r2(const AffineMap& map, const World& w) {
    const std::vector<double> mean = column_means({w.y});
    double error = 0;
    double total = 0;
    for (std::size_t r = 0; r < w.x.rows(); ++r) {
        const auto carried = map.map_state(w.x.view().row(r));
        for (std::size_t j = 0; j < w.y.cols(); ++j) {
            error += std::pow(static_cast<double>(carried[j]) - static_cast<double>(w.y(r, j)), 2);
            total += std::pow(static_cast<double>(w.y(r, j)) - mean[j], 2);
        }
    }
    return 1 - error / total;
}

TEST(Fits, RecoverAPlantedMapWithoutNoise) {
    const World w = make_world({});
    const FittedMap fit = fit_one(w, FitKind::token_plain);
    EXPECT_TRUE(all_close(flat(fit.map.a()), flat(w.a), 1e-4, 1e-4));
    EXPECT_TRUE((all_close<float, double>(fit.map.b(), w.b, 0.05, 1e-3)));  // A's 1e-6 times an input of 300
    EXPECT_NEAR(fit.evidence.held_out_r2, 1, 1e-6);
    EXPECT_NEAR(fit.evidence.held_out_r2_standard, 1, 1e-6);
    EXPECT_NEAR(fit.evidence.directional, 1, 1e-6);
    EXPECT_EQ(fit.evidence.rank, 12U);
    EXPECT_EQ(fit.evidence.rows, 600U);
    EXPECT_EQ(fit.evidence.penalty, 0);
    EXPECT_EQ(fit.skipped_dimensions, 0U);
}

// Above 8,192 rows the f32 path runs. Slopes have standard error noise/√n, times 1/20 for the wide column.
TEST(Fits, RecoverAPlantedMapThroughNoise) {
    const World w = make_world({.rows = 20000, .noise = 1.0});
    for (const FitKind kind : {FitKind::token_plain, FitKind::token_ridge}) {
        const FittedMap fit = fit_one(w, kind);
        EXPECT_TRUE(all_close(flat(fit.map.a()), flat(w.a), 5.0 / std::sqrt(20000.0), 1e-3));
    }
}

TEST(Fits, CarryDifferencesWithoutTheOffset) {
    const World w = make_world({.noise = 0.5});
    const AffineMap map = fit_one(w, FitKind::last_ridge).map;
    const auto x = w.x.view().row(3);
    const auto moved_x = w.x.view().row(8);
    std::vector<float> v(x.size());
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = moved_x[i] - x[i];
    auto difference = map.map_state(moved_x);
    const auto start = map.map_state(x);
    for (std::size_t j = 0; j < start.size(); ++j) difference[j] -= start[j];
    const auto carried = map.map_direction(v);
    EXPECT_TRUE((all_close<float, float>(difference, carried, 0.02, 1e-3)));
}

TEST(Fits, ShuffledPairsPredictNothing) {
    const World w = make_world({.rows = 3000, .noise = 0.5});
    for (const FitKind kind : {FitKind::last_ridge, FitKind::token_ridge, FitKind::token_plain}) {
        const FittedMap fit = fit_one(w, kind);
        EXPECT_GT(raw_r2(fit.map, w), 0.9);
        EXPECT_LT(raw_r2(fit.shuffled.value(), w), 0.02);
    }
}

// Least squares on the training rows alone, by the normal equations, and its scores row by row: what the evidence,
// which is computed from moments, has to agree with.
class RowByRow {
public:
    RowByRow(const World& w, const RowPlan& plan) : w_(w), plan_(plan) {
        const Matrix x = gather_rows(w.x, plan.train);
        const Matrix y = gather_rows(w.y, plan.train);
        mean_x_ = column_means({x});
        mean_y_ = column_means({y});
        MatrixF64 cx = to_f64(x);
        MatrixF64 cy = to_f64(y);
        for (std::size_t r = 0; r < cx.rows(); ++r) {
            for (std::size_t c = 0; c < cx.cols(); ++c) cx(r, c) -= mean_x_[c];
            for (std::size_t c = 0; c < cy.cols(); ++c) cy(r, c) -= mean_y_[c];
        }
        a_ = cholesky_solve(multiply(cx, Op::transposed, cx, Op::plain), multiply(cy, Op::transposed, cx, Op::plain));
        for (std::size_t j = 0; j < cy.cols(); ++j) {
            double squares = 0;
            for (std::size_t r = 0; r < cy.rows(); ++r) squares += cy(r, j) * cy(r, j);
            sd_.push_back(std::sqrt(squares / static_cast<double>(cy.rows())));
        }
    }

    [[nodiscard]] MapEvidence evidence() const {
        MapEvidence e;
        const auto mean = column_means({w_.y, plan_.held_out, {}});
        double all_errors = 0;
        double all_totals = 0;
        for (std::size_t j = 0; j < w_.y.cols(); ++j) {
            double error = 0;
            double total = 0;
            for (const std::size_t r : plan_.held_out) {
                error += std::pow(y(r, j) - predicted(r, j), 2);
                total += std::pow(y(r, j) - mean[j], 2);
            }
            all_errors += error;
            all_totals += total;
            e.held_out_r2_standard += (1 - error / total) / static_cast<double>(w_.y.cols());
        }
        e.held_out_r2 = 1 - all_errors / all_totals;
        for (std::size_t k = 0; k < plan_.minuends.size(); ++k) {
            e.directional +=
                cosine(plan_.minuends[k], plan_.subtrahends[k]) / static_cast<double>(plan_.minuends.size());
        }
        return e;
    }

private:
    [[nodiscard]] double y(std::size_t r, std::size_t j) const { return static_cast<double>(w_.y(r, j)); }

    [[nodiscard]] double predicted(std::size_t r, std::size_t j) const {
        double value = mean_y_[j];
        for (std::size_t c = 0; c < a_.cols(); ++c) {
            value += a_(j, c) * (static_cast<double>(w_.x(r, c)) - mean_x_[c]);
        }
        return value;
    }

    [[nodiscard]] double cosine(std::size_t from, std::size_t to) const {
        std::vector<double> carried;
        std::vector<double> found;
        for (std::size_t j = 0; j < sd_.size(); ++j) {
            carried.push_back((predicted(from, j) - predicted(to, j)) / sd_[j]);
            found.push_back((y(from, j) - y(to, j)) / sd_[j]);
        }
        return dot(std::span<const double>(carried), found) /
               (norm(std::span<const double>(carried)) * norm(std::span<const double>(found)));
    }

    const World& w_;
    const RowPlan& plan_;
    std::vector<double> mean_x_;
    std::vector<double> mean_y_;
    std::vector<double> sd_;
    MatrixF64 a_;
};

TEST(Fits, EvidenceAgreesWithPredictionRowByRow) {
    const World w = make_world({.rows = 200, .noise = 60});
    const RowPlan plan = plan_rows(w.document);
    const MapEvidence want = RowByRow(w, plan).evidence();
    const MapEvidence got = fit_rows(w.x, w.y, plan, {FitKind::token_plain}).front().evidence;
    EXPECT_NEAR(got.held_out_r2, want.held_out_r2, 1e-6);
    EXPECT_NEAR(got.held_out_r2_standard, want.held_out_r2_standard, 1e-6);
    EXPECT_NEAR(got.directional, want.directional, 1e-6);
    EXPECT_LT(want.held_out_r2_standard, 0.9);  // far enough from 1 for a wrong formula to show
    EXPECT_LT(want.directional, 0.9);
}

TEST(Fits, RidgeWithoutPenaltyIsLeastSquares) {
    const World w = make_world({.noise = 0.5});
    const FittedMap ridge = fit_one(w, FitKind::token_ridge, {.penalties = {0.0}});
    const FittedMap plain = fit_one(w, FitKind::token_plain);
    EXPECT_EQ(ridge.map.a(), plain.map.a());
    EXPECT_EQ(ridge.evidence.held_out_r2, plain.evidence.held_out_r2);
}

TEST(Fits, RidgeWithAHugePenaltyAnswersTheMean) {
    const World w = make_world({});
    const FittedMap fit = fit_one(w, FitKind::last_ridge, {.penalties = {1e12}});
    EXPECT_LT(norm(flat(fit.map.a())), 1e-6);
    EXPECT_TRUE((all_close<float, double>(fit.map.b(), column_means({w.y}), 1e-3, 1e-4)));
    EXPECT_NEAR(fit.evidence.held_out_r2, 0, 0.1);  // the folds' means differ
}

// With about as many rows as dimensions and much noise some penalty beats none, and the path finds it.
TEST(Fits, RidgePenaltyIsTheBestOfThePathOnHeldOutRows) {
    const World w = make_world({.rows = 100, .d_source = 60, .noise = 10});
    const FittedMap chosen = fit_one(w, FitKind::last_ridge);
    EXPECT_GT(chosen.evidence.penalty, 0);
    for (const double penalty : FitOptions{}.penalties) {
        const FittedMap other = fit_one(w, FitKind::last_ridge, {.penalties = {penalty}});
        EXPECT_LE(other.evidence.held_out_r2_standard, chosen.evidence.held_out_r2_standard + 1e-12) << penalty;
    }
}

// Fitted alone a kind goes by Cholesky, beside a penalty path by eigenvectors.
TEST(Fits, OnePenaltyAloneGivesWhatThePathGives) {
    const World w = make_world({.noise = 5});
    const auto expect_same = [](const FittedMap& a, const FittedMap& b) {
        EXPECT_TRUE(all_close(flat(a.map.a()), flat(b.map.a()), 1e-5, 1e-5));
        EXPECT_TRUE(all_close(flat(a.shuffled.value().a()), flat(b.shuffled.value().a()), 1e-5, 1e-5));
        EXPECT_NEAR(a.evidence.held_out_r2, b.evidence.held_out_r2, 1e-9);
        EXPECT_NEAR(a.evidence.held_out_r2_standard, b.evidence.held_out_r2_standard, 1e-9);
        EXPECT_NEAR(a.evidence.directional, b.evidence.directional, 1e-9);
        EXPECT_EQ(a.evidence.rank, b.evidence.rank);
    };
    const RowPlan plan = plan_rows(w.document);
    const auto beside = fit_rows(
        w.x, w.y, plan, {FitKind::token_ridge, FitKind::token_plain, FitKind::token_procrustes, FitKind::paper});
    for (std::size_t i = 1; i < 3; ++i) expect_same(fit_one(w, beside[i].kind), beside[i]);
    expect_same(fit_one(w, FitKind::paper), beside[3]);
    const double chosen = beside[0].evidence.penalty;
    const FittedMap alone = fit_one(w, FitKind::token_ridge, {.penalties = {chosen}});
    expect_same(alone, beside[0]);
    EXPECT_EQ(alone.evidence.penalty, chosen);
}

// Four giant dimensions that nobody can predict, eight small ones that follow the source exactly, and hardly more rows
// than dimensions.
World make_giants_of_noise() {
    RandomEngine engine(75);
    World w{testing::random_matrix(120, 40, engine), Matrix(120, 12), testing::random_matrix_f64(12, 40, engine),
            std::vector<double>(12, 0.0), std::vector<std::size_t>(120)};
    for (std::size_t r = 0; r < 120; ++r) {
        w.document[r] = r / 2;
        for (std::size_t j = 0; j < 12; ++j) {
            double value = j < 4 ? 5000 * testing::normal(engine) : 0.0;
            for (std::size_t c = 0; c < 40 && j >= 4; ++c) value += w.a(j, c) * static_cast<double>(w.x(r, c));
            w.y(r, j) = static_cast<float>(value);
        }
    }
    return w;
}

// Share of the truth in the small dimensions that a map kept.
double kept_share(const World& w, const AffineMap& map) {
    double kept = 0;
    double all = 0;
    for (std::size_t j = 4; j < 12; ++j) {
        for (std::size_t c = 0; c < 40; ++c) {
            kept += static_cast<double>(map.a()(j, c)) * w.a(j, c);
            all += w.a(j, c) * w.a(j, c);
        }
    }
    return kept / all;
}

TEST(Fits, TheMetricDecidesWhetherSmallDimensionsAreKept) {
    const World w = make_giants_of_noise();
    EXPECT_LT(kept_share(w, fit_one(w, FitKind::token_ridge_raw).map), 0.3);
    EXPECT_GT(kept_share(w, fit_one(w, FitKind::token_ridge).map), 0.8);
    EXPECT_GT(kept_share(w, fit_one(w, FitKind::token_ridge_whitened).map), 0.8);
}

TEST(Fits, AMetricChoosesThePenaltyAndNothingElse) {
    const World w = make_world({.rows = 100, .d_source = 60, .noise = 10});
    const Matrix want = fit_one(w, FitKind::token_ridge, {.penalties = {0.3}}).map.a();
    for (const FitKind kind : {FitKind::token_ridge_raw, FitKind::token_ridge_whitened, FitKind::last_ridge})
        EXPECT_EQ(fit_one(w, kind, {.penalties = {0.3}}).map.a(), want);
}

// What a ridge at this penalty gets wrong of the truth: the expected squared error beyond the noise, as x is white.
double excess_error(const World& w, double penalty) {
    const Matrix a = fit_one(w, FitKind::last_ridge, {.penalties = {penalty}}).map.a();
    double error = 0;
    for (std::size_t i = 0; i < w.a.rows() * w.a.cols(); ++i)
        error += std::pow(static_cast<double>(a.data()[i]) - w.a.data()[i], 2);
    return error;
}

TEST(Fits, GcvComesNearTheBestPenaltyOnPlantedNoise) {
    RandomEngine engine(76);
    World w{testing::random_matrix(150, 50, engine), Matrix(150, 20), testing::random_matrix_f64(20, 50, engine),
            std::vector<double>(20, 0.0), std::vector<std::size_t>(150)};
    for (std::size_t r = 0; r < 150; ++r) {
        w.document[r] = r;
        for (std::size_t j = 0; j < 20; ++j) {
            double value = 12 * testing::normal(engine);
            for (std::size_t c = 0; c < 50; ++c) value += w.a(j, c) * static_cast<double>(w.x(r, c));
            w.y(r, j) = static_cast<float>(value);
        }
    }
    const FittedMap fit = fit_one(w, FitKind::last_ridge);
    double best = excess_error(w, 0);
    for (const double penalty : FitOptions{}.penalties) best = std::min(best, excess_error(w, penalty));
    EXPECT_LT(excess_error(w, fit.evidence.gcv_penalty.value()), 1.1 * best);
    EXPECT_GT(excess_error(w, 0), 1.5 * best) << "else any penalty would do";
    EXPECT_GT(excess_error(w, 100), 1.5 * best);
    EXPECT_FALSE(fit_one(w, FitKind::token_plain).evidence.gcv_penalty.has_value());
}

// The truth has rank 3.
World make_low_rank(double noise) {
    World w = make_world({.rows = 4000});
    RandomEngine engine(77);
    w.a = multiply(testing::random_matrix_f64(9, 3, engine), Op::plain, testing::random_matrix_f64(3, 12, engine),
                   Op::plain);
    for (std::size_t c = 0; c < 12; ++c) w.a(2, c) *= 200;
    for (std::size_t r = 0; r < w.x.rows(); ++r) {
        for (std::size_t j = 0; j < 9; ++j) {
            double value = w.b[j] + noise * testing::normal(engine) * (j == 2 ? 200 : 1);
            for (std::size_t c = 0; c < 12; ++c) value += w.a(j, c) * static_cast<double>(w.x(r, c));
            w.y(r, j) = static_cast<float>(value);
        }
    }
    return w;
}

TEST(Fits, ReducedRankFindsAPlantedRank) {
    const World w = make_low_rank(4.0);
    const RowPlan plan = plan_rows(w.document, {.held_out_every = 2});
    const auto fits = fit_rows(
        w.x, w.y, plan, {FitKind::token_plain, FitKind::token_reduced_rank, FitKind::token_reduced_rank_whitened});
    const SourceMoments y = LayerRows(w.y, plan, "target").train_moments();
    // Excess error in standard deviations; x has deviations of 1, and of 20 once.
    const auto error = [&](const AffineMap& map) {
        double sum = 0;
        for (std::size_t j = 0; j < 9; ++j) {
            for (std::size_t c = 0; c < 12; ++c) {
                const double off = (static_cast<double>(map.a()(j, c)) - w.a(j, c)) * (c == 1 ? 20 : 1);
                sum += off * off * y.rows / y.gram(j, j);
            }
        }
        return sum;
    };
    for (std::size_t i = 1; i < 3; ++i) {
        EXPECT_EQ(fits[i].evidence.rank, 3U) << to_string(fits[i].kind);
        const std::vector<double> values = thin_svd(to_f64(fits[i].map.a())).values;
        EXPECT_GT(values[2], 1e-3 * values[0]);
        EXPECT_LT(values[3], 1e-6 * values[0]);
        // Only whitened units are fit for dimensions of unlike noise.
        EXPECT_LT(error(fits[i].map), (is_whitened(fits[i].kind) ? 0.8 : 1.1) * error(fits[0].map));
        EXPECT_EQ(fits[i].evidence.penalty, 0);
        EXPECT_LT(std::abs(raw_r2(fits[i].shuffled.value(), w)), 0.1);
    }
}

// u = x0 + noise stands in six dimensions, v = x1 in one: u explains more variance, v is explained better.
World make_copies() {
    RandomEngine engine(78);
    World w{testing::random_matrix(3000, 2, engine), Matrix(3000, 7), {}, {}, std::vector<std::size_t>(3000)};
    for (std::size_t r = 0; r < 3000; ++r) {
        w.document[r] = r / 5;
        const double u = static_cast<double>(w.x(r, 0)) + testing::normal(engine);
        for (std::size_t j = 0; j < 6; ++j) w.y(r, j) = static_cast<float>(u + 0.1 * testing::normal(engine));
        w.y(r, 6) = w.x(r, 1);
    }
    return w;
}

TEST(Fits, ReducedRankStandardisedKeepsVarianceWhitenedKeepsCorrelation) {
    const World w = make_copies();
    const RowPlan plan = plan_rows(w.document);
    const SourceStatistics source = source_statistics(w.x, plan);
    const SourceMoments y = LayerRows(w.y, plan, "target").train_moments();
    const MatrixF64 cross = target_statistics(w.x, w.y, plan).train.cross;
    std::vector<double> inverse_sd;
    for (std::size_t j = 0; j < 7; ++j) inverse_sd.push_back(1 / std::sqrt(y.gram(j, j) / y.rows));
    const auto leading = [&](const TargetMetric& metric) {
        const MatrixF64 entered = metric.enter(cross);
        const MatrixF64 full = RidgeSolver(source.train.gram, 1e-10).solve({entered}, 0).front();
        const MatrixF64 one = metric.leave(limit_rank(full, fitted_directions(full, entered), 1));
        return std::abs(one(0, 0)) > std::abs(one(1, 6)) ? "u" : "v";
    };
    EXPECT_STREQ(leading(TargetMetric::standardised(inverse_sd)), "u");
    EXPECT_STREQ(leading(TargetMetric::whitened(y, inverse_sd)), "v");
}

TEST(Fits, WhitenedKindsNeedTheTargetsGram) {
    const World w = make_world({.noise = 0.5});
    const RowPlan plan = plan_rows(w.document);
    const SourceStatistics source = source_statistics(w.x, plan);
    const TargetStatistics target = target_statistics(w.x, w.y, plan);
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"Gram"}, [&] {
        (void)SourceFactor(source, {FitKind::token_reduced_rank_whitened}).fit(target);
    }));
    EXPECT_NO_THROW((void)SourceFactor(source, {FitKind::token_reduced_rank}).fit(target));
}

TEST(Fits, TornPairsThatWereNotCountedGiveNoControl) {
    const World w = make_world({.noise = 0.5});
    const RowPlan plan = plan_rows(w.document);
    const LayerRows x(w.x, plan, "source");
    const LayerRows y(w.y, plan, "target");
    const SourceStatistics source = source_statistics(x);
    const auto fits = SourceFactor(source, {FitKind::last_ridge}).fit(target_statistics(x, y, TornPairs::left_out));
    EXPECT_FALSE(fits[0].shuffled.has_value());
    EXPECT_EQ(fits[0].map.a(), fit_one(w, FitKind::last_ridge).map.a());
}

// Every row thrice: as good as a third of the rows.
TEST(Fits, DuplicatedRowsFitAsOne) {
    const World once = make_world({.rows = 120, .noise = 1});
    World thrice{Matrix(360, 12), Matrix(360, 9), {}, {}, {}};
    for (std::size_t r = 0; r < 360; ++r) {
        std::ranges::copy(once.x.row(r / 3), thrice.x.row(r).begin());
        std::ranges::copy(once.y.row(r / 3), thrice.y.row(r).begin());
        thrice.document.push_back(once.document[r / 3]);
    }
    const FittedMap a = fit_one(once, FitKind::token_plain);
    const FittedMap b = fit_one(thrice, FitKind::token_plain);
    EXPECT_TRUE(all_close(flat(a.map.a()), flat(b.map.a()), 1e-4, 1e-4));
    EXPECT_EQ(b.evidence.rank, 12U);
}

// Two rows, again and again: one direction is all there is, for every kind.
TEST(Fits, RowsOfOneDirectionGiveFiniteMapsOfRankOne) {
    World w = make_world({.rows = 200});
    for (std::size_t r = 2; r < 200; ++r) {
        std::ranges::copy(std::as_const(w.x).row(r % 2), w.x.row(r).begin());
        std::ranges::copy(std::as_const(w.y).row(r % 2), w.y.row(r).begin());
    }
    for (const FitKind kind : {FitKind::last_ridge, FitKind::token_plain, FitKind::token_ridge_whitened,
                               FitKind::token_reduced_rank, FitKind::token_reduced_rank_whitened}) {
        const FittedMap fit = fit_one(w, kind);
        EXPECT_EQ(fit.evidence.rank, 1U) << to_string(kind);
        EXPECT_GT(fit.evidence.held_out_r2, 0.99) << to_string(kind);
    }
}

// A = (X⁺Y)ᵀ on all rows, uncentred.
void expect_pseudo_inverse(const World& w) {
    const ThinSvd svd = thin_svd(to_f64(w.x));
    MatrixF64 scaled = svd.vt;
    for (std::size_t i = 0; i < scaled.rows(); ++i) {
        for (double& v : scaled.row(i)) v /= svd.values[i];
    }
    const MatrixF64 uy = multiply(svd.u, Op::transposed, to_f64(w.y), Op::plain);
    const MatrixF64 want = multiply(uy, Op::transposed, scaled, Op::plain);
    const FittedMap fit = fit_one(w, FitKind::paper);
    EXPECT_TRUE(all_close(flat(fit.map.a()), flat(want), 1e-4, 1e-4));
    for (const float b : fit.map.b()) EXPECT_EQ(b, 0.0F);
}

TEST(Fits, PaperIsThePseudoInverse) { expect_pseudo_inverse(make_world({.noise = 0.5})); }

TEST(Fits, PaperIsTheMinimumNormSolutionBelowFullRank) {
    const World w = make_world({.rows = 50, .d_source = 80, .noise = 0.5});
    expect_pseudo_inverse(w);
    EXPECT_EQ(fit_one(w, FitKind::paper).evidence.rank, 50U);
}

TEST(Fits, ConstantDimensionsAreSkippedAndMappedToTheirValue) {
    World w = make_world({});
    for (std::size_t r = 0; r < w.x.rows(); ++r) {
        w.x(r, 5) = 17;
        w.y(r, 4) = -3.3F;
    }
    const FittedMap fit = fit_one(w, FitKind::token_plain);
    EXPECT_EQ(fit.skipped_dimensions, 1U);
    EXPECT_EQ(fit.evidence.rank, 11U);
    EXPECT_TRUE(std::isfinite(fit.evidence.held_out_r2_standard));
    EXPECT_TRUE(std::isfinite(fit.evidence.directional));
    EXPECT_NEAR(fit.map.map_state(w.x.view().row(0))[4], -3.3, 1e-4);
}

TEST(Fits, OneFactorServesSeveralKindsInTheirOrder) {
    const World w = make_world({.noise = 0.5});
    const auto fits = fit_rows(w.x, w.y, plan_rows(w.document), {FitKind::paper, FitKind::last_ridge});
    ASSERT_EQ(fits.size(), 2U);
    EXPECT_EQ(fits[0].kind, FitKind::paper);
    EXPECT_EQ(fits[1].kind, FitKind::last_ridge);
    EXPECT_EQ(fits[0].map.a(), fit_one(w, FitKind::paper).map.a());
}

std::optional<Error> error_of(const Matrix& x, const Matrix& y, const FitOptions& options = {}) {
    std::vector<std::size_t> document(40);
    for (std::size_t r = 0; r < 40; ++r) document[r] = r;
    const RowPlan plan = plan_rows(document);
    try {
        (void)fit_rows(x, y, plan, {FitKind::last_ridge}, options);
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

TEST(Fits, RefuseWhatCannotBeFitted) {
    RandomEngine engine(72);
    const Matrix x = testing::random_matrix(40, 3, engine);
    const Matrix y = testing::random_matrix(40, 2, engine);
    EXPECT_FALSE(error_of(x, y).has_value());
    EXPECT_EQ(error_of(Matrix(39, 3), y)->kind(), ErrorKind::argument);
    EXPECT_EQ(error_of(x, Matrix(41, 2))->kind(), ErrorKind::argument);
    EXPECT_EQ(error_of(x, y, {.penalties = {}})->kind(), ErrorKind::argument);
    EXPECT_EQ(error_of(x, y, {.penalties = {-1}})->kind(), ErrorKind::argument);
    EXPECT_EQ(error_of(Matrix(40, 3), y)->kind(), ErrorKind::numeric);
    EXPECT_EQ(error_of(x, Matrix(40, 2))->kind(), ErrorKind::numeric);
    Matrix broken = y;
    broken(17, 1) = std::numeric_limits<float>::infinity();
    const auto error = error_of(x, broken);
    EXPECT_EQ(error->kind(), ErrorKind::numeric);
    EXPECT_NE(std::string(error->what()).find("row 17"), std::string::npos) << error->what();
}

// y is x turned by a known rotation, every dimension stretched and shifted on both sides.
TEST(Procrustes, RecoversARotationOfStandardisedDimensions) {
    RandomEngine engine(5);
    const std::size_t d = 8;
    const Matrix z = testing::random_matrix(800, d, engine);
    const MatrixF64 q = thin_svd(testing::random_matrix_f64(d, d, engine)).u;
    const Matrix turned = multiply(z, Op::plain, to_f32(q), Op::plain);
    World w{Matrix(800, d), Matrix(800, d), {}, {}, std::vector<std::size_t>(800)};
    for (std::size_t r = 0; r < 800; ++r) {
        w.document[r] = r / 5;
        for (std::size_t j = 0; j < d; ++j) {
            w.x(r, j) = z(r, j) * (j == 0 ? 300.0F : 2.0F) + 7.0F;
            w.y(r, j) = turned(r, j) * (j == 3 ? 5000.0F : 0.5F) - 2.0F;
        }
    }
    const FittedMap fit = fit_one(w, FitKind::token_procrustes);
    EXPECT_GT(fit.evidence.held_out_r2_standard, 0.99);
    EXPECT_GT(fit.evidence.directional, 0.99);
    EXPECT_LT(std::abs(raw_r2(fit.shuffled.value(), w)), 1.2);
    for (std::size_t i = 0; i < d; ++i) {
        std::vector<float> v(d, 0.0F);
        v[i] = i == 0 ? 300.0F : 2.0F;
        const std::vector<float> image = fit.map.map_direction(v);
        for (std::size_t j = 0; j < d; ++j)
            EXPECT_NEAR(image[j] / (j == 3 ? 5000.0 : 0.5), q(i, j), 0.12) << i << " " << j;
    }
}

TEST(Procrustes, RowsWithNothingInCommonAreNamed) {
    const MatrixF64 zero(3, 2);
    const std::vector<double> one(3, 1.0);
    EXPECT_TRUE(testing::throws_error(ErrorKind::numeric, {"procrustes", "in common"},
                                      [&] { (void)procrustes(zero, one, std::span<const double>(one).first(2)); }));
}

}  // namespace
}  // namespace contrans
