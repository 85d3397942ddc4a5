#include "contrans/runtime/weight_reader.h"

#include <cstdint>
#include <cstring>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/linalg/finite.h"
#include "ggml.h"
#include "gguf.h"

namespace contrans {
namespace {

void dequantise(ggml_type type, const std::vector<char>& bytes, Matrix& values) {
    const ggml_to_float_t to_float = ggml_get_type_traits(type)->to_float;
    if (type == GGML_TYPE_F32) {
        std::memcpy(values.data(), bytes.data(), bytes.size());
    } else {
        to_float(bytes.data(), values.data(), static_cast<std::int64_t>(values.rows() * values.cols()));
    }
}

}  // namespace

std::string to_string(TensorShape shape) {
    return "[" + std::to_string(shape.rows) + ", " + std::to_string(shape.cols) + "]";
}

// The header has been through ArtefactReader's checks when ggml's parser sees it again.
WeightReader::WeightReader(const std::filesystem::path& file)
    : header_(file),
      gguf_(gguf_init_from_file(file.c_str(), {.no_alloc = true, .ctx = nullptr})),
      bytes_(file, std::ios::binary) {
    if (!gguf_ || !bytes_) throw Error(ErrorKind::io, file.string() + ": cannot be read");
}

TensorShape WeightReader::shape(const std::string& name) const {
    const std::vector<std::size_t> shape = header_.tensor_shape(name);
    if (shape.size() > 2) {
        throw Error(ErrorKind::model, header_.path().string() + ": tensor " + in_quotes(name) + ": has " +
                                          std::to_string(shape.size()) + " dimensions, only matrices can be read");
    }
    return {shape.size() == 2 ? shape[0] : 1, shape.back()};
}

Matrix WeightReader::rows(const std::string& name, std::size_t first, std::size_t n) {
    const std::string place = header_.path().string() + ": tensor " + in_quotes(name);
    Matrix values(n, shape(name).cols);
    const std::int64_t id = gguf_find_tensor(gguf_.get(), name.c_str());
    const ggml_type type = gguf_get_tensor_type(gguf_.get(), id);
    if (type != GGML_TYPE_F32 && ggml_get_type_traits(type)->to_float == nullptr)
        throw Error(ErrorKind::model, place + ": ggml cannot dequantise type " + ggml_type_name(type));
    const std::size_t row_bytes = ggml_row_size(type, static_cast<std::int64_t>(values.cols()));
    const std::size_t begin = gguf_get_data_offset(gguf_.get()) + gguf_get_tensor_offset(gguf_.get(), id);
    std::vector<char> bytes(n * row_bytes);
    bytes_.clear();
    bytes_.seekg(static_cast<std::streamoff>(begin + first * row_bytes));
    if (!bytes_.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
        throw Error(ErrorKind::io, place + ": cannot be read");
    dequantise(type, bytes, values);
    require_finite(values, place);
    return values;
}

}  // namespace contrans
