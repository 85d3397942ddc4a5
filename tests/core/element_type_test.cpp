#include "contrans/core/element_type.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

std::vector<float> there_and_back(const std::vector<float>& values, ElementType type) {
    std::vector<std::byte> bytes;
    encode(values, type, bytes);
    EXPECT_EQ(bytes.size(), values.size() * bytes_of(type));
    std::vector<float> back(values.size());
    decode(bytes, type, back);
    return back;
}

std::uint16_t bits(float value, ElementType type) {
    std::vector<std::byte> bytes;
    encode({&value, 1}, type, bytes);
    std::uint16_t result = 0;
    std::memcpy(&result, bytes.data(), sizeof result);
    return result;
}

TEST(ElementType, BitsAreTheStandards) {
    EXPECT_EQ(bits(1.0F, ElementType::bf16), 0x3F80);
    EXPECT_EQ(bits(-2.5F, ElementType::bf16), 0xC020);
    EXPECT_EQ(bits(1.0F, ElementType::f16), 0x3C00);
    EXPECT_EQ(bits(-2.5F, ElementType::f16), 0xC100);
}

TEST(ElementType, TheFirstInfiniteValueIsWhereRoundingEnds) {
    for (const ElementType type : {ElementType::bf16, ElementType::f16}) {
        const float bound = first_infinite(type);
        const auto back = there_and_back({bound, -bound, std::nextafter(bound, 0.0F)}, type);
        EXPECT_TRUE(std::isinf(back[0]) && std::isinf(back[1])) << to_string(type);
        EXPECT_TRUE(std::isfinite(back[2])) << to_string(type);
    }
    EXPECT_TRUE(std::isinf(first_infinite(ElementType::f32)));
}

TEST(ElementType, TiesGoToEven) {
    EXPECT_EQ(bits(1.0F + 0x1p-8F, ElementType::bf16), 0x3F80);
    EXPECT_EQ(bits(1.0F + 0x3p-8F, ElementType::bf16), 0x3F82);
    EXPECT_EQ(bits(1.0F + 0x1p-11F, ElementType::f16), 0x3C00);
    EXPECT_EQ(bits(1.0F + 0x3p-11F, ElementType::f16), 0x3C02);
}

TEST(ElementType, RoundsToTheTypesOwnPrecision) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 30);
    std::vector<float> values(1001);
    for (float& value : values) value = normal(random);
    EXPECT_EQ(there_and_back(values, ElementType::f32), values);
    const auto bf16 = there_and_back(values, ElementType::bf16);
    const auto f16 = there_and_back(values, ElementType::f16);
    for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_LE(std::abs(bf16[i] - values[i]), 0x1p-8F * std::abs(values[i]) * 1.001F);
        EXPECT_LE(std::abs(f16[i] - values[i]), 0x1p-11F * std::abs(values[i]) * 1.001F + 1e-7F);
    }
}

TEST(ElementType, WhatF16CannotHoldBecomesInfinite) {
    EXPECT_EQ(there_and_back({65504.0F, 70000.0F}, ElementType::f16),
              (std::vector<float>{65504.0F, std::numeric_limits<float>::infinity()}));
}

TEST(ElementType, NamesComeBack) {
    for (const ElementType type : {ElementType::f32, ElementType::bf16, ElementType::f16}) {
        EXPECT_EQ(parse_element_type(to_string(type)), type);
    }
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"f64"}, [] { (void)parse_element_type("f64"); }));
}

}  // namespace
}  // namespace contrans
