#include "contrans/core/element_type.h"

#include <cstring>
#include <limits>
#include <utility>

#include "contrans/core/error.h"
#include "ggml.h"

namespace contrans {
namespace {

constexpr std::pair<ElementType, const char*> kNames[] = {
    {ElementType::f32, "f32"}, {ElementType::bf16, "bf16"}, {ElementType::f16, "f16"}};

}  // namespace

std::string to_string(ElementType type) {
    for (const auto& [known, name] : kNames) {
        if (known == type) return name;
    }
    return "unknown";
}

ElementType parse_element_type(std::string_view name) {
    for (const auto& [type, known] : kNames) {
        if (name == known) return type;
    }
    throw Error(ErrorKind::argument, "element type: must be f32, bf16 or f16, got \"" + std::string(name) + "\"");
}

std::size_t bytes_of(ElementType type) { return type == ElementType::f32 ? sizeof(float) : 2; }

std::string numpy_descr(ElementType type) {
    switch (type) {
        case ElementType::f32:
            return "<f4";
        case ElementType::bf16:
            return "<u2";
        case ElementType::f16:
            return "<f2";
    }
    return "";
}

float first_infinite(ElementType type) {
    switch (type) {
        case ElementType::f32:
            break;
        case ElementType::bf16:
            return 0x1.FFp127F;
        case ElementType::f16:
            return 65520;
    }
    return std::numeric_limits<float>::infinity();
}

void encode(std::span<const float> values, ElementType type, std::vector<std::byte>& bytes) {
    bytes.resize(values.size() * bytes_of(type));
    const auto n = static_cast<int64_t>(values.size());
    switch (type) {
        case ElementType::f32:
            std::memcpy(bytes.data(), values.data(), bytes.size());
            break;
        case ElementType::bf16:
            ggml_fp32_to_bf16_row(values.data(), reinterpret_cast<ggml_bf16_t*>(bytes.data()), n);
            break;
        case ElementType::f16:
            ggml_fp32_to_fp16_row(values.data(), reinterpret_cast<ggml_fp16_t*>(bytes.data()), n);
            break;
    }
}

void decode(std::span<const std::byte> bytes, ElementType type, std::span<float> values) {
    const auto n = static_cast<int64_t>(values.size());
    switch (type) {
        case ElementType::f32:
            std::memcpy(values.data(), bytes.data(), bytes.size());
            break;
        case ElementType::bf16:
            ggml_bf16_to_fp32_row(reinterpret_cast<const ggml_bf16_t*>(bytes.data()), values.data(), n);
            break;
        case ElementType::f16:
            ggml_fp16_to_fp32_row(reinterpret_cast<const ggml_fp16_t*>(bytes.data()), values.data(), n);
            break;
    }
}

}  // namespace contrans
