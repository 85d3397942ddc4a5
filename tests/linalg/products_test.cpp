#include "contrans/linalg/products.h"

#include "contrans/core/error.h"
#include "tests/linalg/random_matrix.h"
#include "tests/matching.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::flat;

MatrixF64 naive_product(const MatrixF64& a, Op a_op, const MatrixF64& b, Op b_op) {
    const std::size_t m = a_op == Op::plain ? a.rows() : a.cols();
    const std::size_t k = a_op == Op::plain ? a.cols() : a.rows();
    const std::size_t n = b_op == Op::plain ? b.cols() : b.rows();
    MatrixF64 c(m, n);
    for (std::size_t i = 0; i < m; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            for (std::size_t l = 0; l < k; ++l) {
                c(i, j) += (a_op == Op::plain ? a(i, l) : a(l, i)) * (b_op == Op::plain ? b(l, j) : b(j, l));
            }
        }
    }
    return c;
}

TEST(Products, AgreeWithTheNaiveTwinInAllFourForms) {
    RandomEngine engine(1);
    for (const Op a_op : {Op::plain, Op::transposed}) {
        for (const Op b_op : {Op::plain, Op::transposed}) {
            const auto a =
                a_op == Op::plain ? testing::random_matrix_f64(5, 7, engine) : testing::random_matrix_f64(7, 5, engine);
            const auto b =
                b_op == Op::plain ? testing::random_matrix_f64(7, 3, engine) : testing::random_matrix_f64(3, 7, engine);
            const MatrixF64 want = naive_product(a, a_op, b, b_op);
            const MatrixF64 got = multiply(a, a_op, b, b_op);
            EXPECT_EQ(got.rows(), 5U);
            EXPECT_EQ(got.cols(), 3U);
            EXPECT_TRUE(all_close(flat(got), flat(want), 1e-13, 1e-12));
            const Matrix narrow = multiply(to_f32(a), a_op, to_f32(b), b_op);
            EXPECT_TRUE(all_close(flat(narrow), flat(want), 1e-5, 1e-5));
        }
    }
}

TEST(Products, SelfProductsAgreeWithTheNaiveTwin) {
    RandomEngine engine(3);
    const MatrixF64 a = testing::random_matrix_f64(70, 41, engine);
    const MatrixF64 rows = naive_product(a, Op::plain, a, Op::transposed);
    const MatrixF64 columns = naive_product(a, Op::transposed, a, Op::plain);
    EXPECT_TRUE(all_close(flat(self_product(a, Op::plain)), flat(rows), 1e-12, 1e-12));
    EXPECT_TRUE(all_close(flat(self_product(a, Op::transposed)), flat(columns), 1e-12, 1e-12));
    EXPECT_EQ(self_product(MatrixF64(0, 3), Op::transposed), MatrixF64(3, 3));
}

TEST(Products, TransposedToF32) {
    RandomEngine engine(4);
    const MatrixF64 a = testing::random_matrix_f64(70, 41, engine);
    const Matrix t = transposed_f32(a);
    ASSERT_EQ(t.rows(), 41U);
    ASSERT_EQ(t.cols(), 70U);
    for (std::size_t r = 0; r < 70; ++r) {
        for (std::size_t c = 0; c < 41; ++c) EXPECT_EQ(t(c, r), static_cast<float>(a(r, c)));
    }
}

TEST(Products, MatrixTimesVector) {
    MatrixF64 a(2, 3);
    for (std::size_t i = 0; i < 6; ++i) a.data()[i] = static_cast<double>(i + 1);
    const std::vector<double> x{1, 0, -1};
    EXPECT_EQ(multiply(a, Op::plain, x), (std::vector<double>{-2, -2}));
    EXPECT_EQ(multiply(a, Op::transposed, std::vector<double>{1, 1}), (std::vector<double>{5, 7, 9}));
}

TEST(Products, RefuseInnerSizesThatDisagree) {
    EXPECT_THROW((void)multiply(MatrixF64(2, 3), Op::plain, MatrixF64(2, 3), Op::plain), Error);
}

TEST(Products, GatherTakesRowsInTheOrderAsked) {
    RandomEngine engine(2);
    const Matrix x = testing::random_matrix(4, 2, engine);
    const std::vector<std::size_t> index{3, 0, 3};
    const Matrix rows = gather_rows(x, index);
    ASSERT_EQ(rows.rows(), 3U);
    EXPECT_EQ(rows(0, 1), x(3, 1));
    EXPECT_EQ(rows(1, 0), x(0, 0));
    EXPECT_EQ(rows(2, 0), x(3, 0));
}

}  // namespace
}  // namespace contrans
