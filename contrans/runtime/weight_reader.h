#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "contrans/linalg/matrix.h"

struct gguf_context;

namespace contrans {

struct TensorShape {
    std::size_t rows = 0;
    std::size_t cols = 0;
    friend bool operator==(const TensorShape&, const TensorShape&) = default;
};

[[nodiscard]] std::string to_string(TensorShape shape);  ///< "[rows, cols]"

/// A model file's weights as F32, whatever type ggml keeps them in: read from the file when asked for, a few rows at a
/// time. Not thread-safe.
class WeightReader {
public:
    /// Throws what ArtefactReader throws.
    explicit WeightReader(const std::filesystem::path& file);

    [[nodiscard]] const ArtefactReader& header() const { return header_; }
    /// For runtime/ alone.
    [[nodiscard]] const gguf_context* handle() const { return gguf_.get(); }

    /// A tensor of one dimension is one row. Throws Error{format} for a missing tensor, Error{model} for one of more
    /// than two dimensions.
    [[nodiscard]] TensorShape shape(const std::string& name) const;
    /// Rows first … first + n. Throws as shape(); Error{model} for a type without values to read, Error{numeric} for a
    /// value that is not finite, Error{io}.
    [[nodiscard]] Matrix rows(const std::string& name, std::size_t first, std::size_t n);
    [[nodiscard]] Matrix all(const std::string& name) { return rows(name, 0, shape(name).rows); }

private:
    ArtefactReader header_;
    std::unique_ptr<gguf_context, FreeGguf> gguf_;
    std::ifstream bytes_;
};

}  // namespace contrans
