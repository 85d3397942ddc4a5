#include "apps/gateway/sse_reader.h"

#include <utility>

#include "contrans/core/error.h"

namespace contrans::gateway {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

std::vector<std::string> SseReader::take(std::string_view bytes) {
    std::vector<std::string> events;
    for (const char byte : bytes) {
        const bool rest_of_end = std::exchange(after_return_, byte == '\r') && byte == '\n';
        if (rest_of_end) continue;
        if (byte == '\r' || byte == '\n') {
            take_line(events);
        } else {
            line_ += byte;
        }
        if (line_.size() + data_.size() > kLongestEvent) {
            throw Error(ErrorKind::format,
                        "an event of its stream has more than " + std::to_string(kLongestEvent) + " bytes");
        }
    }
    return events;
}

/// FIELD ":" [" "] VALUE
void SseReader::take_line(std::vector<std::string>& events) {
    const std::string whole = std::exchange(line_, {});
    std::string_view line = whole;
    if (!std::exchange(begun_, true) && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.empty()) {
        if (std::exchange(has_data_, false)) events.push_back(std::exchange(data_, {}));
        return;
    }
    const std::size_t colon = line.find(':');
    if (line.substr(0, colon) != "data") return;
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
}

}  // namespace contrans::gateway
