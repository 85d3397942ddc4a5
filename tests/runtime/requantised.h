#pragma once

#include <filesystem>

namespace contrans::testing {

enum class Quantisation { f32, f16, q8_0, q4_1 };

/// `model` with its weights as llama.cpp itself converts them. Throws std::runtime_error.
std::filesystem::path requantised(const std::filesystem::path& model, const std::filesystem::path& out,
                                  Quantisation quantisation);

}  // namespace contrans::testing
