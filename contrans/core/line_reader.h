#pragma once

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace contrans {

/// A line of a file, as messages name it.
struct LinePlace {
    std::filesystem::path file;
    std::size_t line = 0;  ///< from 1
};

/// "FILE:LINE", the way compilers write it.
[[nodiscard]] std::string to_string(const LinePlace& place);

/// Throws Error{format} "FILE:LINE: rule (got …)"; no parenthesis when `got` is empty.
[[noreturn]] void reject_line(const LinePlace& place, std::string_view rule, std::string_view got);

/// Reads a UTF-8 text file line by line without holding more than a line of it. A byte order mark is skipped.
class LineReader {
public:
    static constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;
    static constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

    /// Throws Error{io} when the file cannot be opened.
    explicit LineReader(const std::filesystem::path& file);

    /// The next line without its end (LF or CRLF), valid until the next call; nothing after the last line.
    /// Throws Error{io} when reading fails; Error{format} for a line over kMaxLineBytes, a file over kMaxFileBytes, or
    /// bytes that are not UTF-8.
    [[nodiscard]] std::optional<std::string_view> next();
    /// Of the line that next() returned last.
    [[nodiscard]] const LinePlace& place() const { return place_; }

private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };

    bool fill();
    std::string_view take(std::size_t length);
    std::string_view checked(std::string_view line) const;

    std::unique_ptr<std::FILE, Close> stream_;
    LinePlace place_;
    std::string buffer_;
    std::size_t begin_ = 0;  // of what next() has not returned yet, in buffer_
    std::size_t total_ = 0;  // bytes read from the file
};

}  // namespace contrans
