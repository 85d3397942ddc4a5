#include "contrans/mapping/pair_moments.h"

#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

const std::vector<std::size_t> kFirst{0, 1, 2, 3, 4, 5, 6};
const std::vector<std::size_t> kSecond{7, 8, 9, 10, 11};

struct Data {
    Matrix x;
    Matrix y;
    std::vector<float> x_shift{3, -1, 0.5F};
    std::vector<float> y_shift{100, 0};
};

Data random_data() {
    RandomEngine engine(61);
    Data data{testing::random_matrix(12, 3, engine), testing::random_matrix(12, 2, engine)};
    for (std::size_t r = 0; r < 12; ++r) data.y(r, 0) += 100;
    return data;
}

SourceMoments moments_of(const ShiftedRows& x) { return source_moments(column_sums(x), gram(x)); }

TargetMoments moments_of(const ShiftedRows& x, const ShiftedRows& y) {
    return target_moments(column_sums(x), column_sums(y), cross_gram(x, y, GramPrecision::f64));
}

TEST(PairMoments, AreThoseOfTheDefinition) {
    const Data data = random_data();
    const SourceMoments source = moments_of({data.x, std::nullopt, data.x_shift});
    const TargetMoments target = moments_of({data.x, std::nullopt, data.x_shift}, {data.y, std::nullopt, data.y_shift});
    double cross = 0;
    double squares = 0;
    double gram = 0;
    for (std::size_t r = 0; r < 12; ++r) {
        const double dx = static_cast<double>(data.x(r, 1)) - source.mean[1];
        const double dy = static_cast<double>(data.y(r, 0)) - target.mean[0];
        cross += dx * dy;
        squares += dy * dy;
        gram += dx * (static_cast<double>(data.x(r, 2)) - source.mean[2]);
    }
    EXPECT_NEAR(target.cross(1, 0), cross, 1e-10);
    EXPECT_NEAR(target.squares[0], squares, 1e-10);
    EXPECT_NEAR(source.gram(1, 2), gram, 1e-10);
    EXPECT_NEAR(target.mean[0], 100, 1);
}

TEST(PairMoments, MergedPartsEqualTheWhole) {
    const Data data = random_data();
    const ShiftedRows x1{data.x, kFirst, data.x_shift};
    const ShiftedRows x2{data.x, kSecond, data.x_shift};
    const SourceMoments s1 = moments_of(x1);
    const SourceMoments s2 = moments_of(x2);
    const TargetMoments t1 = moments_of(x1, {data.y, kFirst, data.y_shift});
    const TargetMoments t2 = moments_of(x2, {data.y, kSecond, data.y_shift});
    const SourceMoments s = moments_of({data.x});
    const TargetMoments t = moments_of({data.x}, {data.y});
    const SourceMoments merged_s = merge(s1, s2);
    const TargetMoments merged_t = merge(t1, s1, t2, s2);
    EXPECT_TRUE(all_close(flat(merged_s.gram), flat(s.gram), 1e-9, 1e-9));
    EXPECT_TRUE(all_close(flat(merged_t.cross), flat(t.cross), 1e-9, 1e-9));
    EXPECT_TRUE((all_close<double, double>(merged_s.mean, s.mean, 1e-12, 1e-12)));
    EXPECT_TRUE((all_close<double, double>(merged_t.mean, t.mean, 1e-12, 1e-12)));
    EXPECT_TRUE((all_close<double, double>(merged_t.squares, t.squares, 1e-9, 1e-9)));
}

TEST(PairMoments, MergedSumsEqualTheWhole) {
    const Data data = random_data();
    const ColumnSums whole = column_sums({data.y, std::nullopt, data.y_shift});
    const ColumnSums merged =
        merge(column_sums({data.y, kFirst, data.y_shift}), column_sums({data.y, kSecond, data.y_shift}));
    EXPECT_EQ(merged.rows, 12);
    EXPECT_EQ(merged.shift, whole.shift);
    EXPECT_TRUE((all_close<double, double>(merged.mean, whole.mean, 1e-12, 1e-12)));
    EXPECT_TRUE((all_close<double, double>(merged.squares, whole.squares, 1e-9, 1e-9)));
}

TEST(PairMoments, AboutZeroAreThePlainSums) {
    const Data data = random_data();
    const SourceMoments s = moments_of({data.x});
    const TargetMoments t = moments_of({data.x}, {data.y});
    const MatrixF64 gram_plain = gram({data.x});
    const MatrixF64 cross_plain = cross_gram({data.x}, {data.y}, GramPrecision::f64);
    EXPECT_TRUE(all_close(flat(gram_about(s, {0, 0, 0})), flat(gram_plain), 1e-9, 1e-9));
    EXPECT_TRUE(all_close(flat(cross_about(s, t, {0, 0, 0}, {0, 0})), flat(cross_plain), 1e-9, 1e-9));
    EXPECT_TRUE((all_close<double, double>(squares_about(t, {0, 0}), column_square_sums({data.y}), 1e-6, 1e-9)));
}

}  // namespace
}  // namespace contrans
