#include "contrans/runtime/weight_reader.h"

#include <algorithm>

#include "contrans/linalg/products.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/requantised.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::Quantisation;

class WeightReaderOf : public ::testing::TestWithParam<Quantisation> {};

TEST_P(WeightReaderOf, ReadsWhatLlamaCppExpands) {
    const testing::TemporaryFolder folder;
    const auto quantised = testing::requantised(testing::tiny_source_file(), folder / "quantised.gguf", GetParam());
    WeightReader weights(quantised);
    WeightReader expanded(testing::requantised(quantised, folder / "expanded.gguf", Quantisation::f32));
    for (const std::string& name : expanded.header().tensor_names())
        EXPECT_EQ(weights.all(name), expanded.all(name)) << name;
}

INSTANTIATE_TEST_SUITE_P(Types, WeightReaderOf,
                         ::testing::Values(Quantisation::f32, Quantisation::f16, Quantisation::q8_0,
                                           Quantisation::q4_1));

TEST(WeightReader, ReadsSomeRows) {
    WeightReader weights(testing::tiny_source_file());
    const std::string name = "blk.1.ffn_up.weight";
    EXPECT_EQ(weights.shape(name), (TensorShape{128, 64}));
    EXPECT_EQ(weights.shape("output_norm.weight"), (TensorShape{1, 64}));
    const Matrix all = weights.all(name);
    const Matrix some = weights.rows(name, 5, 3);
    ASSERT_EQ(some.rows(), 3U);
    for (std::size_t r = 0; r < 3; ++r) EXPECT_TRUE(std::ranges::equal(some.row(r), all.row(5 + r)));
}

TEST(WeightReader, NamesWhatIsMissing) {
    WeightReader weights(testing::tiny_source_file());
    EXPECT_TRUE(testing::throws_error(ErrorKind::format, {"tiny-source.gguf", "blk.9.ffn_up.weight", "missing"},
                                      [&] { (void)weights.all("blk.9.ffn_up.weight"); }));
}

}  // namespace
}  // namespace contrans
