#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>
#include <system_error>
#include <variant>

#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/ggml_log.h"
#include "contrans/core/utf8.h"
#include "gguf.h"

// gguf.h's own parser bounds every allocation by the bytes left in the file, but compares every name with all before
// it, lets tensors reach past the end of the file, multiplies dimensions without a guard, and its getters abort on a
// wrong type. So counts are checked before it runs, extents after, and types before every getter.

namespace contrans {
namespace {

constexpr std::size_t kHeaderBytes = 24;         // magic, version, number of tensors, number of keys
constexpr std::uint64_t kMaxEntries = 16384;     // keys, and tensors: real files have hundreds
constexpr std::uint64_t kMaxValuesPerByte = 16;  // the tightest quantisation holds fewer
constexpr std::size_t kShownElements = 8;

using Number = std::variant<std::uint64_t, std::int64_t, double, bool>;

template <class T>
T element(const void* data, std::size_t i) {
    T value;
    std::memcpy(&value, static_cast<const std::byte*>(data) + i * sizeof(T), sizeof(T));
    return value;
}

// Element i of `data`, an array of the type given, which is neither a string nor an array.
Number number_at(gguf_type type, const void* data, std::size_t i) {
    switch (type) {
        case GGUF_TYPE_UINT8:
            return std::uint64_t{element<std::uint8_t>(data, i)};
        case GGUF_TYPE_UINT16:
            return std::uint64_t{element<std::uint16_t>(data, i)};
        case GGUF_TYPE_UINT32:
            return std::uint64_t{element<std::uint32_t>(data, i)};
        case GGUF_TYPE_UINT64:
            return element<std::uint64_t>(data, i);
        case GGUF_TYPE_INT8:
            return std::int64_t{element<std::int8_t>(data, i)};
        case GGUF_TYPE_INT16:
            return std::int64_t{element<std::int16_t>(data, i)};
        case GGUF_TYPE_INT32:
            return std::int64_t{element<std::int32_t>(data, i)};
        case GGUF_TYPE_INT64:
            return element<std::int64_t>(data, i);
        case GGUF_TYPE_FLOAT32:
            return double{element<float>(data, i)};
        case GGUF_TYPE_FLOAT64:
            return element<double>(data, i);
        default:
            return element<std::int8_t>(data, i) != 0;
    }
}

std::string text_of(const Number& number) {
    std::ostringstream out;
    out.precision(std::numeric_limits<double>::max_digits10 - 2);
    std::visit([&out](auto value) { out << std::boolalpha << value; }, number);
    return out.str();
}

std::optional<std::uint64_t> as_u64(const Number& number) {
    if (const auto* value = std::get_if<std::uint64_t>(&number)) return *value;
    const auto* value = std::get_if<std::int64_t>(&number);
    if (value != nullptr && *value >= 0) return static_cast<std::uint64_t>(*value);
    return std::nullopt;
}

std::optional<double> as_finite(const Number& number) {
    const auto* value = std::get_if<double>(&number);
    if (value != nullptr && std::isfinite(*value)) return *value;
    return std::nullopt;
}

bool is_string(const gguf_context* gguf, std::int64_t id) { return gguf_get_kv_type(gguf, id) == GGUF_TYPE_STRING; }
bool is_array(const gguf_context* gguf, std::int64_t id) { return gguf_get_kv_type(gguf, id) == GGUF_TYPE_ARRAY; }

// The value of a key that is a number or a bool; nothing for strings and arrays.
std::optional<Number> scalar(const gguf_context* gguf, std::int64_t id) {
    if (is_string(gguf, id) || is_array(gguf, id)) return std::nullopt;
    return number_at(gguf_get_kv_type(gguf, id), gguf_get_val_data(gguf, id), 0);
}

std::string tensor_place(const std::string& name) { return "tensor " + in_quotes(name); }
std::string key_place(const std::string& key) { return "key " + in_quotes(key); }

std::uint64_t dimension(const gguf_context* gguf, std::int64_t id, std::size_t i) {
    return static_cast<std::uint64_t>(gguf_get_tensor_ne(gguf, id)[i]);
}

std::string shape_text(std::span<const std::size_t> shape) {
    std::string text = "[";
    for (const std::size_t n : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
    return text + "]";
}

std::string wanted(std::optional<std::size_t> n) { return n ? std::to_string(*n) : "any"; }
bool fits(std::optional<std::size_t> expected, std::size_t actual) { return !expected || *expected == actual; }

}  // namespace

ArtefactReader::ArtefactReader(const std::filesystem::path& path) : path_(path) {
    std::error_code none;
    const auto status = std::filesystem::status(path, none);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw Error(ErrorKind::io, path.string() + ": cannot be read: it is not a regular file");
    }
    file_.reset(std::fopen(path.c_str(), "rb"));
    const int code = errno;
    if (!file_) {
        throw Error(ErrorKind::io, path.string() + ": cannot be opened: " + std::generic_category().message(code));
    }
    file_bytes_ = std::filesystem::file_size(path, none);
    check_header();
    parse();
    check_names();
    check_tensors();
}

void ArtefactReader::check_header() const {
    if (file_bytes_ < kHeaderBytes) reject("header", "a GGUF file has at least 24 bytes", std::to_string(file_bytes_));
    std::array<std::byte, kHeaderBytes> header{};
    read_at(0, header);
    if (std::memcmp(header.data(), GGUF_MAGIC, 4) != 0) {
        const std::string start(reinterpret_cast<const char*>(header.data()), 4);
        reject("header", "a GGUF file starts with \"GGUF\"", in_quotes(start));
    }
    const auto n_tensors = element<std::uint64_t>(header.data(), 1);
    const auto n_keys = element<std::uint64_t>(header.data(), 2);
    const std::string limit = "at most " + std::to_string(kMaxEntries) + " ";
    if (n_tensors > kMaxEntries) reject("header", limit + "tensors", std::to_string(n_tensors));
    if (n_keys > kMaxEntries) reject("header", limit + "keys", std::to_string(n_keys));
}

void ArtefactReader::parse() {
    route_ggml_log();
    const GgmlErrorCapture capture;
    gguf_.reset(gguf_init_from_file_ptr(file_.get(), {.no_alloc = true, .ctx = nullptr}));
    if (!gguf_) reject("header", "the file must be a whole GGUF file", printable(capture.first_error(), 200));
}

void ArtefactReader::check_names() const {
    const auto require_utf8 = [this](const char* what, const char* name) {
        if (first_invalid_utf8(name)) reject(std::string(what) + in_quotes(name), "a name must be UTF-8");
    };
    for (std::int64_t i = 0; i < gguf_get_n_kv(gguf_.get()); ++i) require_utf8("key ", gguf_get_key(gguf_.get(), i));
    for (std::int64_t i = 0; i < gguf_get_n_tensors(gguf_.get()); ++i) {
        require_utf8("tensor ", gguf_get_tensor_name(gguf_.get(), i));
    }
}

// No product below can overflow: a tensor's elements are held to 16 a byte of the file before its size is asked for.
void ArtefactReader::check_tensors() const {
    const std::uint64_t data_begin = gguf_get_data_offset(gguf_.get());
    for (std::int64_t id = 0; id < gguf_get_n_tensors(gguf_.get()); ++id) {
        const std::string place = tensor_place(gguf_get_tensor_name(gguf_.get(), id));
        std::uint64_t elements = 1;
        for (std::size_t i = 0; i < GGML_MAX_DIMS; ++i) {
            const std::uint64_t n = dimension(gguf_.get(), id, i);
            if (n == 0) reject(place, "a dimension must not be 0");
            if (n > kMaxValuesPerByte * file_bytes_ / elements) {
                reject(place, "it must end within the file's " + std::to_string(file_bytes_) + " bytes");
            }
            elements *= n;
        }
        const std::uint64_t offset = gguf_get_tensor_offset(gguf_.get(), id);
        const std::uint64_t end = data_begin + offset + gguf_get_tensor_size(gguf_.get(), id);
        if (offset > file_bytes_ || end > file_bytes_) {
            reject(place, "it must end within the file's " + std::to_string(file_bytes_) + " bytes",
                   std::to_string(end));
        }
    }
}

void ArtefactReader::require_artefact(std::string_view architecture) const {
    const std::string actual = get_string("general.architecture");
    if (actual != architecture) {
        reject(key_place("general.architecture"), "must be " + in_quotes(architecture), in_quotes(actual));
    }
    const std::uint64_t version = get_u64("contrans.format_version");
    if (version != kArtefactVersion) {
        reject(key_place("contrans.format_version"), "this program reads version " + std::to_string(kArtefactVersion),
               std::to_string(version));
    }
}

void ArtefactReader::reject(std::string_view place, std::string_view rule, std::string_view got) const {
    std::string text = path_.string() + ": " + std::string(place) + ": " + std::string(rule);
    if (!got.empty()) text += " (got " + std::string(got) + ")";
    throw Error(ErrorKind::format, text);
}

bool ArtefactReader::has(const std::string& key) const { return gguf_find_key(gguf_.get(), key.c_str()) >= 0; }

std::int64_t ArtefactReader::key_id(const std::string& key) const {
    const std::int64_t id = gguf_find_key(gguf_.get(), key.c_str());
    if (id < 0) reject(key_place(key), "the key is missing");
    return id;
}

std::int64_t ArtefactReader::array_id(const std::string& key) const {
    const std::int64_t id = key_id(key);
    if (!is_array(gguf_.get(), id)) reject(key_place(key), "must be an array", value_text(id));
    return id;
}

std::string ArtefactReader::get_string(const std::string& key) const {
    const std::int64_t id = key_id(key);
    if (!is_string(gguf_.get(), id)) reject(key_place(key), "must be a string", value_text(id));
    std::string value = gguf_get_val_str(gguf_.get(), id);
    if (first_invalid_utf8(value)) reject(key_place(key), "must be UTF-8", in_quotes(value));
    return value;
}

std::uint64_t ArtefactReader::get_u64(const std::string& key) const {
    const std::int64_t id = key_id(key);
    const auto number = scalar(gguf_.get(), id);
    const auto value = number ? as_u64(*number) : std::nullopt;
    if (!value) reject(key_place(key), "must be an integer of at least 0", value_text(id));
    return *value;
}

double ArtefactReader::get_f64(const std::string& key) const {
    const std::int64_t id = key_id(key);
    const auto number = scalar(gguf_.get(), id);
    const auto value = number ? as_finite(*number) : std::nullopt;
    if (!value) reject(key_place(key), "must be a finite floating-point number", value_text(id));
    return *value;
}

bool ArtefactReader::get_bool(const std::string& key) const {
    const std::int64_t id = key_id(key);
    const auto number = scalar(gguf_.get(), id);
    if (!number || !std::holds_alternative<bool>(*number)) reject(key_place(key), "must be a bool", value_text(id));
    return std::get<bool>(*number);
}

std::vector<std::uint64_t> ArtefactReader::get_u64_array(const std::string& key) const {
    const std::int64_t id = array_id(key);
    if (gguf_get_arr_type(gguf_.get(), id) != GGUF_TYPE_UINT64) {
        reject(key_place(key), "must be an array of u64", value_text(id));
    }
    std::vector<std::uint64_t> values(gguf_get_arr_n(gguf_.get(), id));
    if (values.empty()) return values;
    std::memcpy(values.data(), gguf_get_arr_data(gguf_.get(), id), values.size() * sizeof(std::uint64_t));
    return values;
}

std::vector<double> ArtefactReader::get_f64_array(const std::string& key) const {
    const std::int64_t id = array_id(key);
    if (gguf_get_arr_type(gguf_.get(), id) != GGUF_TYPE_FLOAT64) {
        reject(key_place(key), "must be an array of f64", value_text(id));
    }
    std::vector<double> values(gguf_get_arr_n(gguf_.get(), id));
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = element<double>(gguf_get_arr_data(gguf_.get(), id), i);
        if (!std::isfinite(values[i])) {
            reject(key_place(key), "element " + std::to_string(i) + " must be finite", std::to_string(values[i]));
        }
    }
    return values;
}

std::vector<std::string> ArtefactReader::get_string_array(const std::string& key) const {
    const std::int64_t id = array_id(key);
    if (gguf_get_arr_type(gguf_.get(), id) != GGUF_TYPE_STRING) {
        reject(key_place(key), "must be an array of strings", value_text(id));
    }
    std::vector<std::string> values(gguf_get_arr_n(gguf_.get(), id));
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = gguf_get_arr_str(gguf_.get(), id, i);
        if (first_invalid_utf8(values[i])) {
            reject(key_place(key), "element " + std::to_string(i) + " must be UTF-8", in_quotes(values[i]));
        }
    }
    return values;
}

std::vector<ArtefactKey> ArtefactReader::keys() const {
    std::vector<ArtefactKey> keys;
    for (std::int64_t id = 0; id < gguf_get_n_kv(gguf_.get()); ++id) {
        const bool array = is_array(gguf_.get(), id);
        const gguf_type type = array ? gguf_get_arr_type(gguf_.get(), id) : gguf_get_kv_type(gguf_.get(), id);
        std::string type_text = gguf_type_name(type);
        if (array) type_text.append("[").append(std::to_string(gguf_get_arr_n(gguf_.get(), id))).append("]");
        keys.push_back({gguf_get_key(gguf_.get(), id), type_text, value_text(id)});
    }
    return keys;
}

std::string ArtefactReader::value_text(std::int64_t id) const {
    if (is_array(gguf_.get(), id)) return array_text(id);
    if (is_string(gguf_.get(), id)) return in_quotes(gguf_get_val_str(gguf_.get(), id), 200);
    return text_of(*scalar(gguf_.get(), id));
}

std::string ArtefactReader::array_text(std::int64_t id) const {
    const gguf_type type = gguf_get_arr_type(gguf_.get(), id);
    const std::size_t n = gguf_get_arr_n(gguf_.get(), id);
    std::string text = "[";
    for (std::size_t i = 0; i < std::min(n, kShownElements); ++i) {
        text += i == 0 ? "" : ", ";
        text += type == GGUF_TYPE_STRING ? in_quotes(gguf_get_arr_str(gguf_.get(), id, i))
                                         : text_of(number_at(type, gguf_get_arr_data(gguf_.get(), id), i));
    }
    return text + (n > kShownElements ? ", …]" : "]");
}

bool ArtefactReader::has_tensor(const std::string& name) const {
    return gguf_find_tensor(gguf_.get(), name.c_str()) >= 0;
}

std::vector<std::string> ArtefactReader::tensor_names() const {
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < gguf_get_n_tensors(gguf_.get()); ++i) {
        names.emplace_back(gguf_get_tensor_name(gguf_.get(), i));
    }
    return names;
}

std::vector<std::size_t> ArtefactReader::tensor_shape(const std::string& name) const {
    const std::int64_t id = gguf_find_tensor(gguf_.get(), name.c_str());
    if (id < 0) reject(tensor_place(name), "the tensor is missing");
    std::vector<std::size_t> shape;
    for (std::size_t i = GGML_MAX_DIMS; i-- > 0;) {
        const std::uint64_t n = dimension(gguf_.get(), id, i);
        if (n != 1 || !shape.empty() || i == 0) shape.push_back(n);
    }
    return shape;
}

std::int64_t ArtefactReader::f32_tensor_id(const std::string& name) const {
    const std::int64_t id = gguf_find_tensor(gguf_.get(), name.c_str());
    if (id < 0) reject(tensor_place(name), "the tensor is missing");
    const ggml_type type = gguf_get_tensor_type(gguf_.get(), id);
    if (type != GGML_TYPE_F32) reject(tensor_place(name), "must be f32", ggml_type_name(type));
    return id;
}

Matrix ArtefactReader::matrix(const std::string& name, Shape expected) const {
    const std::int64_t id = f32_tensor_id(name);
    const std::vector<std::size_t> shape = tensor_shape(name);
    const std::size_t rows = shape.size() == 2 ? shape[0] : 1;
    if (shape.size() > 2 || !fits(expected.rows, rows) || !fits(expected.cols, shape.back())) {
        reject(tensor_place(name), "must be [" + wanted(expected.rows) + ", " + wanted(expected.cols) + "]",
               shape_text(shape));
    }
    Matrix values(rows, shape.back());
    read_tensor(id, {values.data(), values.rows() * values.cols()});
    return values;
}

std::vector<float> ArtefactReader::vector(const std::string& name, std::optional<std::size_t> width) const {
    const std::int64_t id = f32_tensor_id(name);
    const std::vector<std::size_t> shape = tensor_shape(name);
    if (shape.size() != 1 || !fits(width, shape[0])) {
        reject(tensor_place(name), "must be [" + wanted(width) + "]", shape_text(shape));
    }
    std::vector<float> values(shape[0]);
    read_tensor(id, values);
    return values;
}

void ArtefactReader::read_tensor(std::int64_t id, std::span<float> values) const {
    static_assert(std::endian::native == std::endian::little, "GGUF files are little-endian");
    read_at(gguf_get_data_offset(gguf_.get()) + gguf_get_tensor_offset(gguf_.get(), id),
            std::as_writable_bytes(values));
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isfinite(values[i])) continue;
        reject(tensor_place(gguf_get_tensor_name(gguf_.get(), id)), "element " + std::to_string(i) + " must be finite",
               std::to_string(values[i]));
    }
}

// pread keeps no position, so that threads may read at once.
void ArtefactReader::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
    while (!bytes.empty()) {
        const ssize_t got = ::pread(::fileno(file_.get()), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            const std::string why = got < 0 ? std::generic_category().message(errno) : "the file became shorter";
            throw Error(ErrorKind::io, path_.string() + ": cannot be read: " + why);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

}  // namespace contrans
