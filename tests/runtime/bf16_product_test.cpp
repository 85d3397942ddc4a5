#include "contrans/runtime/bf16_product.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace contrans {
namespace {

std::uint16_t bf16_bits(float value) { return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16); }

double value_of(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

std::vector<std::uint16_t> random_bf16(std::size_t n, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<std::uint16_t> values(n);
    for (std::uint16_t& value : values) value = bf16_bits(normal(random));
    return values;
}

class Bf16ProductTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (!multiplies_bf16_natively()) GTEST_SKIP() << "this machine has no AVX512_BF16";
    }

    static constexpr std::size_t kDepth = 72;
    static constexpr std::size_t kColumns = 50;
    std::vector<std::uint16_t> inputs_ = random_bf16(300 * kDepth, 1);
    std::vector<std::uint16_t> weights_ = random_bf16(kColumns * kDepth, 2);

    [[nodiscard]] std::vector<float> multiply(std::size_t rows) const {
        std::vector<float> product(rows * kColumns, -1.0F);
        multiply_bf16({rows, kColumns, kDepth, kColumns, inputs_.data(), weights_.data(), product.data()});
        return product;
    }
};

TEST_F(Bf16ProductTest, EqualsTheSumOfProducts) {
    const std::vector<float> product = multiply(17);
    for (std::size_t row = 0; row < 17; ++row) {
        for (std::size_t column = 0; column < kColumns; ++column) {
            double sum = 0;
            double size = 0;
            for (std::size_t i = 0; i < kDepth; ++i) {
                const double term = value_of(inputs_[row * kDepth + i]) * value_of(weights_[column * kDepth + i]);
                sum += term;
                size += std::abs(term);
            }
            ASSERT_NEAR(product[row * kColumns + column], sum, 1e-6 * size) << row << ", " << column;
        }
    }
}

TEST_F(Bf16ProductTest, ARowHasTheSameBitsInABatchOfAnySize) {
    const std::vector<float> all = multiply(300);
    for (const std::size_t rows : {1U, 4U, 5U, 31U, 64U, 255U}) {
        const std::vector<float> fewer = multiply(rows);
        EXPECT_TRUE(std::equal(fewer.begin(), fewer.end(), all.begin())) << rows << " rows";
    }
}

TEST_F(Bf16ProductTest, ColumnsComputedApartHaveTheSameBitsAndTouchNoOthers) {
    const std::vector<float> all = multiply(6);
    std::vector<float> parts(all.size(), 7.0F);
    constexpr std::size_t kFirst = 19;
    multiply_bf16({6, kFirst, kDepth, kColumns, inputs_.data(), weights_.data(), parts.data()});
    EXPECT_EQ(parts[kFirst], 7.0F);
    multiply_bf16({6, kColumns - kFirst, kDepth, kColumns, inputs_.data(), weights_.data() + kFirst * kDepth,
                   parts.data() + kFirst});
    EXPECT_EQ(parts, all);
}

TEST_F(Bf16ProductTest, ThreadsMultiplySideBySide) {
    const std::vector<float> expected = multiply(40);
    std::vector<std::vector<float>> found(4);
    std::vector<std::thread> threads;
    for (std::vector<float>& product : found) {
        threads.emplace_back([this, &product] {
            for (int i = 0; i < 20; ++i) product = multiply(40);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::vector<float>& product : found) EXPECT_EQ(product, expected);
}

}  // namespace
}  // namespace contrans
