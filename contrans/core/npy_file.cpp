#include "contrans/core/npy_file.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;
// NumPy pads headers to 128 bytes or so; a longer one is no plain array's.
constexpr std::size_t kLongestHeader = 4096;
constexpr std::size_t kWidest = std::size_t{1} << 32;

std::string_view without_blanks(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \n");
    return begin == std::string_view::npos ? "" : text.substr(begin);
}

/// What follows "'key':" in the header's dictionary.
std::optional<std::string_view> value_of(std::string_view header, std::string_view key) {
    const std::size_t at = header.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view rest = without_blanks(header.substr(at + key.size()));
    if (!rest.starts_with(':')) return std::nullopt;
    return without_blanks(rest.substr(1));
}

/// A number at the front, which is taken off together with the blanks and the `end` behind it.
std::optional<std::size_t> take_number(std::string_view& text, char end) {
    std::size_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text = without_blanks(text.substr(static_cast<std::size_t>(rest - text.data())));
    if (!text.starts_with(end)) return std::nullopt;
    text = without_blanks(text.substr(1));
    return number;
}

struct Shape {
    std::size_t rows = 0;
    std::size_t cols = 0;
};

std::optional<Shape> parse_shape(std::optional<std::string_view> text) {
    if (!text || !text->starts_with('(')) return std::nullopt;
    std::string_view rest = without_blanks(text->substr(1));
    const auto rows = take_number(rest, ',');
    const auto cols = rows ? take_number(rest, ')') : std::nullopt;
    if (!cols) return std::nullopt;
    return Shape{*rows, *cols};
}

std::size_t element_bytes(std::string_view descr) {
    std::size_t bytes = 0;
    std::from_chars(descr.data() + 2, descr.data() + descr.size(), bytes);
    return bytes;
}

}  // namespace

std::string npy_header(std::string_view descr, std::size_t rows, std::size_t cols) {
    std::string dictionary = "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (" +
                             std::to_string(rows) + ", " + std::to_string(cols) + "), }";
    const std::size_t fixed = kMagic.size() + 4;  // version and length
    const std::size_t length = (fixed + dictionary.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - fixed;
    dictionary.resize(length - 1, ' ');
    std::string header(kMagic);
    header += {'\x01', '\x00', static_cast<char>(length & 0xFF), static_cast<char>(length >> 8)};
    return header + dictionary + "\n";
}

NpyReader::NpyReader(const std::filesystem::path& file, std::string_view descr)
    : file_(file), stream_(std::fopen(file.c_str(), "rbe")), element_bytes_(element_bytes(descr)) {
    if (!stream_) {
        throw Error(ErrorKind::io, file.string() + ": cannot be opened: " + std::generic_category().message(errno));
    }
    std::error_code none;
    if (!std::filesystem::is_regular_file(file, none)) reject("must be a regular file");
    const std::size_t file_bytes = std::filesystem::file_size(file);
    const std::string header = read_header();
    const auto type = value_of(header, "'descr'");
    const std::string quoted = "'" + std::string(descr) + "'";
    if (!type || !type->starts_with(quoted)) reject("elements must be " + quoted, type ? type->substr(0, 12) : "");
    const auto order = value_of(header, "'fortran_order'");
    if (!order || !order->starts_with("False")) reject("rows must follow each other (fortran_order False)");
    const auto shape = parse_shape(value_of(header, "'shape'"));
    if (!shape) reject("must have a shape of two dimensions", header);
    const std::size_t held = file_bytes - data_offset_;
    const bool countable = shape->cols != 0 && shape->cols <= kWidest;
    const std::size_t row = countable ? shape->cols * element_bytes_ : 1;
    if (!countable || held % row != 0 || shape->rows != held / row) {
        reject(
            "truncated, or not of its shape (" + std::to_string(shape->rows) + ", " + std::to_string(shape->cols) + ")",
            std::to_string(held) + " bytes of elements");
    }
    rows_ = shape->rows;
    cols_ = shape->cols;
}

std::string NpyReader::read_header() {
    unsigned char fixed[12] = {};
    std::size_t length_bytes = 2;
    const std::size_t got = std::fread(fixed, 1, sizeof fixed, stream_.get());
    if (got < sizeof fixed || std::string_view(reinterpret_cast<char*>(fixed), kMagic.size()) != kMagic) {
        reject("must be a NumPy array file (.npy)");
    }
    if (fixed[6] > 1) length_bytes = 4;
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) length |= std::size_t{fixed[8 + i]} << (8 * i);
    data_offset_ = 8 + length_bytes + length;
    if (length > kLongestHeader || data_offset_ > std::filesystem::file_size(file_)) {
        reject("truncated, or a header of more than " + std::to_string(kLongestHeader) + " bytes");
    }
    std::string header(length, '\0');
    read_at(8 + length_bytes, std::as_writable_bytes(std::span(header)));
    return header;
}

void NpyReader::read_rows(std::size_t first, std::span<std::byte> bytes) const {
    const std::size_t n = bytes.size() / row_bytes();
    if (first > rows_ || n > rows_ - first) {
        throw Error(ErrorKind::argument, file_.string() + ": holds " + std::to_string(rows_) + " rows, rows " +
                                             std::to_string(first) + " to " + std::to_string(first + n) +
                                             " were asked for");
    }
    read_at(data_offset_ + first * row_bytes(), bytes);
}

void NpyReader::read_at(std::size_t offset, std::span<std::byte> bytes) const {
    while (!bytes.empty()) {
        const ssize_t n = ::pread(::fileno(stream_.get()), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            throw Error(ErrorKind::io, file_.string() + ": cannot be read: " +
                                           (n == 0 ? "it ends early" : std::generic_category().message(errno)));
        }
        offset += static_cast<std::size_t>(n);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

void NpyReader::reject(const std::string& rule, std::string_view got) const {
    throw Error(ErrorKind::format, file_.string() + ": " + rule + (got.empty() ? "" : " (got " + printable(got) + ")"));
}

}  // namespace contrans
