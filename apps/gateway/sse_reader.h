#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace contrans::gateway {

/// Takes server-sent events apart as their bytes come (WHATWG HTML, "Interpreting an event stream"): lines end in LF,
/// CRLF or CR, comments and fields other than `data` are left out, a blank line ends an event. What is not ended is
/// never given.
class SseReader {
public:
    /// The data of the events that these bytes end, in their order; of an event without data nothing. Throws
    /// Error{format} for an event of more than kLongestEvent bytes.
    [[nodiscard]] std::vector<std::string> take(std::string_view bytes);
    /// Whether something came that is not ended.
    [[nodiscard]] bool within_event() const { return !line_.empty() || has_data_; }

private:
    void take_line(std::vector<std::string>& events);

    std::string line_;
    std::string data_;
    bool has_data_ = false;
    bool after_return_ = false;  // a line feed that follows belongs to the line's end before
    bool begun_ = false;
};

inline constexpr std::size_t kLongestEvent = std::size_t{4} << 20;

}  // namespace contrans::gateway
