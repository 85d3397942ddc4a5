#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace contrans {

/// The header of a NumPy array file (format 1.0) of `rows` × `cols` elements in row order; the elements follow it.
/// Its length is a multiple of 64 bytes. @param descr NumPy's type string, e.g. "<f4"
[[nodiscard]] std::string npy_header(std::string_view descr, std::size_t rows, std::size_t cols);

/// A NumPy array file of two dimensions in row order, opened for reading: rows are read when asked for. Safe to share
/// between threads. Every error names the file.
class NpyReader {
public:
    /// Throws Error{io} when the file cannot be read; Error{format} when it is no such array, its elements are not of
    /// `descr`, or its length is not what its shape asks for.
    NpyReader(const std::filesystem::path& file, std::string_view descr);

    [[nodiscard]] std::size_t rows() const { return rows_; }
    [[nodiscard]] std::size_t cols() const { return cols_; }
    [[nodiscard]] std::size_t row_bytes() const { return cols_ * element_bytes_; }

    /// Reads whole rows from `first` on. Throws Error{argument} past the end, Error{io} when reading fails.
    /// @param bytes  a multiple of row_bytes()
    void read_rows(std::size_t first, std::span<std::byte> bytes) const;

private:
    struct CloseFile {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };

    [[noreturn]] void reject(const std::string& rule, std::string_view got = {}) const;
    [[nodiscard]] std::string read_header();
    void read_at(std::size_t offset, std::span<std::byte> bytes) const;

    std::filesystem::path file_;
    std::unique_ptr<std::FILE, CloseFile> stream_;
    std::size_t element_bytes_ = 0;
    std::size_t data_offset_ = 0;
    std::size_t rows_ = 0;
    std::size_t cols_ = 0;
};

}  // namespace contrans
