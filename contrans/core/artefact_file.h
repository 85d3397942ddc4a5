#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/linalg/matrix.h"

struct gguf_context;

namespace contrans {

/// Of every artefact, under the key `contrans.format_version`; raised when a reader of the old one would misread.
inline constexpr std::uint64_t kArtefactVersion = 1;

struct FreeGguf {
    void operator()(gguf_context* context) const noexcept;
};

/// Collects keys and f32 tensors and writes them as one GGUF file (version 3) over ggml's gguf.h.
///
/// Setters replace a key set before. All throw Error{argument} for a key that GGUF cannot hold (empty,
/// "general.alignment") or a string with a NUL byte, Error{numeric} for a number that is not finite.
/// Tensors are not copied: their data must live, unchanged, until write() returns. One thread at a time.
class ArtefactWriter {
public:
    /// Sets `general.architecture` and `contrans.format_version`.
    explicit ArtefactWriter(std::string_view architecture);

    void set_string(const std::string& key, const std::string& value);
    void set_u64(const std::string& key, std::uint64_t value);
    void set_u32(const std::string& key, std::uint32_t value);
    void set_f64(const std::string& key, double value);
    void set_bool(const std::string& key, bool value);
    void set_u64_array(const std::string& key, std::span<const std::uint64_t> values);
    void set_f64_array(const std::string& key, std::span<const double> values);
    void set_string_array(const std::string& key, std::span<const std::string> values);

    /// Throw Error{argument} for a name that is empty, taken, or over 63 bytes, a shape of 0 or over 4 dimensions or
    /// with a 0, or data of another size than the shape.
    void add_tensor(const std::string& name, std::span<const float> values);
    void add_tensor(const std::string& name, MatrixView values);
    /// @param shape row-major, the slowest dimension first
    void add_tensor(const std::string& name, std::span<const float> values, std::span<const std::size_t> shape);
    // Temporaries would be gone before write().
    void add_tensor(const std::string& name, std::vector<float>&& values) = delete;
    void add_tensor(const std::string& name, Matrix&& values) = delete;

    /// Writes the file whole or not at all (AtomicFile). Throws Error{io}; Error{numeric} naming file, tensor and
    /// element when a value is not finite.
    void write(const std::filesystem::path& path) const;

private:
    struct Tensor {
        std::string name;
        std::span<const float> values;
    };

    std::unique_ptr<gguf_context, FreeGguf> gguf_;
    std::vector<Tensor> tensors_;
};

/// A key as `inspect` shows it.
struct ArtefactKey {
    std::string key;
    std::string type;   ///< GGUF's word, e.g. "u64", "str"; of an array with "[n]" behind it
    std::string value;  ///< one line; arrays show their first elements
};

/// A GGUF file opened for reading: its header is in memory, tensors are read when asked for. Immutable after
/// construction and safe to share between threads. No file content aborts or makes it allocate more than a small
/// multiple of the file's size. Every error names the file and the key or tensor.
class ArtefactReader {
public:
    /// Throws Error{io} when the file cannot be read or is no regular file; Error{format} when it is no GGUF, is
    /// truncated, has a tensor that reaches past its end, or has names that are not UTF-8.
    explicit ArtefactReader(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Throws Error{format} unless `general.architecture` is `architecture` and the format version is ours.
    void require_artefact(std::string_view architecture) const;
    /// Throws Error{format} "FILE: place: rule (got …)"; for rules that the caller checks.
    [[noreturn]] void reject(std::string_view place, std::string_view rule, std::string_view got = {}) const;

    [[nodiscard]] bool has(const std::string& key) const;
    /// The rest throw Error{format} for a missing key, another type, a string that is not UTF-8 or a number that is
    /// not finite.
    [[nodiscard]] std::string get_string(const std::string& key) const;
    [[nodiscard]] std::uint64_t get_u64(const std::string& key) const;  ///< any integer type, if not negative
    [[nodiscard]] std::size_t get_size(const std::string& key) const { return get_u64(key); }
    [[nodiscard]] double get_f64(const std::string& key) const;  ///< f32 or f64
    [[nodiscard]] bool get_bool(const std::string& key) const;
    [[nodiscard]] std::vector<std::uint64_t> get_u64_array(const std::string& key) const;
    [[nodiscard]] std::vector<double> get_f64_array(const std::string& key) const;
    [[nodiscard]] std::vector<std::string> get_string_array(const std::string& key) const;
    [[nodiscard]] std::vector<ArtefactKey> keys() const;  ///< in the file's order; never throws for odd values

    [[nodiscard]] bool has_tensor(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> tensor_names() const;  ///< in the file's order
    /// The slowest dimension first, without leading ones: GGUF does not keep those. At least one dimension.
    [[nodiscard]] std::vector<std::size_t> tensor_shape(const std::string& name) const;

    /// [rows, cols]; nothing: any. A tensor of one dimension is a matrix of one row.
    struct Shape {
        std::optional<std::size_t> rows = std::nullopt;
        std::optional<std::size_t> cols = std::nullopt;
    };
    /// Throw Error{format} for a missing tensor, one that is not f32, another shape than expected, an empty one or a
    /// value that is not finite; Error{io} when reading fails.
    [[nodiscard]] Matrix matrix(const std::string& name, Shape expected) const;
    /// [width]; nothing: any.
    [[nodiscard]] std::vector<float> vector(const std::string& name, std::optional<std::size_t> width) const;

private:
    struct CloseFile {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };

    void check_header() const;
    void check_names() const;
    void check_tensors() const;
    void parse();
    [[nodiscard]] std::int64_t key_id(const std::string& key) const;
    [[nodiscard]] std::int64_t array_id(const std::string& key) const;
    [[nodiscard]] std::int64_t f32_tensor_id(const std::string& name) const;
    [[nodiscard]] std::string value_text(std::int64_t id) const;
    [[nodiscard]] std::string array_text(std::int64_t id) const;
    void read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
    void read_tensor(std::int64_t id, std::span<float> values) const;

    std::filesystem::path path_;
    std::unique_ptr<std::FILE, CloseFile> file_;
    std::uint64_t file_bytes_ = 0;
    std::unique_ptr<gguf_context, FreeGguf> gguf_;
};

}  // namespace contrans
