#include "contrans/core/line_reader.h"

#include <cerrno>
#include <system_error>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void fail(const std::filesystem::path& file, const char* step) {
    const int code = errno;
    throw Error(ErrorKind::io, file.string() + ": cannot be " + step + ": " + std::generic_category().message(code));
}

}  // namespace

std::string to_string(const LinePlace& place) { return place.file.string() + ":" + std::to_string(place.line); }

void reject_line(const LinePlace& place, std::string_view rule, std::string_view got) {
    std::string text = to_string(place) + ": " + std::string(rule);
    if (!got.empty()) text += " (got " + std::string(got) + ")";
    throw Error(ErrorKind::format, text);
}

LineReader::LineReader(const std::filesystem::path& file) : stream_(std::fopen(file.c_str(), "rb")), place_{file, 0} {
    if (!stream_) fail(file, "opened");
}

std::optional<std::string_view> LineReader::next() {
    ++place_.line;
    std::size_t searched = begin_;
    while (true) {
        const std::size_t end = buffer_.find('\n', searched);
        if (end != std::string::npos) return checked(take(end - begin_ + 1));
        if (buffer_.size() - begin_ > kMaxLineBytes) return checked(buffer_);
        const std::size_t pending = buffer_.size() - begin_;
        if (!fill()) break;
        searched = pending;
    }
    if (begin_ == buffer_.size()) return std::nullopt;
    return checked(take(buffer_.size() - begin_));
}

// Moves what is pending to the front of the buffer and reads a block behind it; false at the end of the file.
bool LineReader::fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t pending = buffer_.size();
    buffer_.resize(pending + kBlockBytes);
    const std::size_t got = std::fread(buffer_.data() + pending, 1, kBlockBytes, stream_.get());
    const bool failed = std::ferror(stream_.get()) != 0;
    if (failed) fail(place_.file, "read");
    buffer_.resize(pending + got);
    total_ += got;
    if (total_ > kMaxFileBytes) {
        reject_line(place_, "the file must not be longer than " + std::to_string(kMaxFileBytes) + " bytes", "");
    }
    return got > 0;
}

std::string_view LineReader::take(std::size_t length) {
    std::string_view line = std::string_view(buffer_).substr(begin_, length);
    begin_ += length;
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view LineReader::checked(std::string_view line) const {
    if (line.size() > kMaxLineBytes) {
        reject_line(place_, "a line must not be longer than " + std::to_string(kMaxLineBytes) + " bytes", "");
    }
    if (const auto bad = first_invalid_utf8(line)) {
        reject_line(place_, "the text must be UTF-8",
                    "byte " + std::to_string(*bad + 1) + " of " + in_quotes(line.substr(*bad), 12));
    }
    if (place_.line == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    return line;
}

}  // namespace contrans
