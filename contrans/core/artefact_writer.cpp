#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "contrans/core/artefact_file.h"
#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/ggml_log.h"
#include "contrans/core/utf8.h"
#include "gguf.h"

namespace contrans {
namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& rule) {
    throw Error(ErrorKind::argument, "write artefact: " + in_quotes(key) + ": " + rule);
}

void require_text(const std::string& key, const std::string& value) {
    if (value.find('\0') != std::string::npos)
        refuse(key, "a string must not hold a NUL byte (got " + in_quotes(value) + ")");
    if (first_invalid_utf8(value)) refuse(key, "a string must be UTF-8 (got " + in_quotes(value) + ")");
}

// gguf.h aborts on these.
const char* checked_key(const std::string& key) {
    if (key.empty()) refuse(key, "a key must not be empty");
    if (key == GGUF_KEY_GENERAL_ALIGNMENT) refuse(key, "this key belongs to the format");
    require_text(key, key);
    return key.c_str();
}

void require_finite(const std::string& key, double value) {
    if (std::isfinite(value)) return;
    throw Error(ErrorKind::numeric,
                "write artefact: " + in_quotes(key) + ": a number must be finite (got " + std::to_string(value) + ")");
}

void require_shape(const std::string& name, std::size_t n_values, std::span<const std::size_t> shape) {
    if (shape.empty() || shape.size() > GGML_MAX_DIMS) {
        refuse(name, "a tensor has 1 to 4 dimensions (got " + std::to_string(shape.size()) + ")");
    }
    const std::size_t product = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
    if (product == 0) refuse(name, "a tensor must not be empty");
    if (product != n_values) {
        refuse(name,
               "the shape asks for " + std::to_string(product) + " values (got " + std::to_string(n_values) + ")");
    }
}

// GGUF counts dimensions from the fastest; strides are in bytes.
ggml_tensor describe_tensor(const std::string& name, std::span<const std::size_t> shape) {
    ggml_tensor tensor{};
    tensor.type = GGML_TYPE_F32;
    std::ranges::fill(tensor.ne, 1);
    std::transform(shape.rbegin(), shape.rend(), tensor.ne, [](std::size_t n) { return static_cast<std::int64_t>(n); });
    tensor.nb[0] = sizeof(float);
    for (std::size_t i = 1; i < GGML_MAX_DIMS; ++i) {
        tensor.nb[i] = tensor.nb[i - 1] * static_cast<std::size_t>(tensor.ne[i - 1]);
    }
    ggml_set_name(&tensor, name.c_str());
    return tensor;
}

void write_padding(AtomicFile& file, std::size_t written) {
    static constexpr std::byte zeros[GGUF_DEFAULT_ALIGNMENT] = {};
    const std::size_t over = written % GGUF_DEFAULT_ALIGNMENT;
    if (over != 0) file.write(std::span(zeros).first(GGUF_DEFAULT_ALIGNMENT - over));
}

}  // namespace

void FreeGguf::operator()(gguf_context* context) const noexcept { gguf_free(context); }

ArtefactWriter::ArtefactWriter(std::string_view architecture) : gguf_(gguf_init_empty()) {
    route_ggml_log();
    set_string("general.architecture", std::string(architecture));
    set_u64("contrans.format_version", kArtefactVersion);
}

void ArtefactWriter::set_string(const std::string& key, const std::string& value) {
    require_text(key, value);
    gguf_set_val_str(gguf_.get(), checked_key(key), value.c_str());
}

void ArtefactWriter::set_u64(const std::string& key, std::uint64_t value) {
    gguf_set_val_u64(gguf_.get(), checked_key(key), value);
}

void ArtefactWriter::set_u32(const std::string& key, std::uint32_t value) {
    gguf_set_val_u32(gguf_.get(), checked_key(key), value);
}

void ArtefactWriter::set_f64(const std::string& key, double value) {
    require_finite(key, value);
    gguf_set_val_f64(gguf_.get(), checked_key(key), value);
}

void ArtefactWriter::set_bool(const std::string& key, bool value) {
    gguf_set_val_bool(gguf_.get(), checked_key(key), value);
}

void ArtefactWriter::set_u64_array(const std::string& key, std::span<const std::uint64_t> values) {
    gguf_set_arr_data(gguf_.get(), checked_key(key), GGUF_TYPE_UINT64, values.data(), values.size());
}

void ArtefactWriter::set_f64_array(const std::string& key, std::span<const double> values) {
    for (const double value : values) require_finite(key, value);
    gguf_set_arr_data(gguf_.get(), checked_key(key), GGUF_TYPE_FLOAT64, values.data(), values.size());
}

void ArtefactWriter::set_string_array(const std::string& key, std::span<const std::string> values) {
    std::vector<const char*> pointers;
    for (const std::string& value : values) {
        require_text(key, value);
        pointers.push_back(value.c_str());
    }
    gguf_set_arr_str(gguf_.get(), checked_key(key), pointers.data(), pointers.size());
}

void ArtefactWriter::add_tensor(const std::string& name, std::span<const float> values) {
    const std::size_t shape[] = {values.size()};
    add_tensor(name, values, shape);
}

void ArtefactWriter::add_tensor(const std::string& name, MatrixView values) {
    const std::size_t shape[] = {values.rows, values.cols};
    add_tensor(name, {values.data, values.rows * values.cols}, shape);
}

void ArtefactWriter::add_tensor(const std::string& name, std::span<const float> values,
                                std::span<const std::size_t> shape) {
    if (name.empty() || name.size() >= GGML_MAX_NAME) refuse(name, "a tensor's name has 1 to 63 bytes");
    require_text(name, name);
    if (gguf_find_tensor(gguf_.get(), name.c_str()) >= 0) refuse(name, "a tensor must not be given twice");
    require_shape(name, values.size(), shape);
    const ggml_tensor tensor = describe_tensor(name, shape);
    gguf_add_tensor(gguf_.get(), &tensor);
    tensors_.push_back({name, values});
}

void ArtefactWriter::write(const std::filesystem::path& path) const {
    for (const Tensor& tensor : tensors_) {
        const auto bad = std::ranges::find_if(tensor.values, [](float value) { return !std::isfinite(value); });
        if (bad == tensor.values.end()) continue;
        throw Error(ErrorKind::numeric, path.string() + ": tensor " + in_quotes(tensor.name) + ": element " +
                                            std::to_string(bad - tensor.values.begin()) + " must be finite (got " +
                                            std::to_string(*bad) + ")");
    }
    std::vector<std::byte> header(gguf_get_meta_size(gguf_.get()));
    gguf_get_meta_data(gguf_.get(), header.data());
    AtomicFile file(path);
    file.write(header);
    for (const Tensor& tensor : tensors_) {
        file.write(std::as_bytes(tensor.values));
        write_padding(file, tensor.values.size_bytes());
    }
    file.commit();
}

}  // namespace contrans
