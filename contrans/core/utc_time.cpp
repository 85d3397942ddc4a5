#include "contrans/core/utc_time.h"

#include <algorithm>
#include <chrono>

namespace contrans {
namespace {

constexpr std::size_t kMostDecimals = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes its parts from the front of a text; whether all were as they should be is asked at the end.
class TimeReader {
public:
    explicit TimeReader(std::string_view text) : rest_(text) {}

    /// @param digits  exactly so many
    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            fits_ = fits_ && !rest_.empty() && is_digit(rest_.front());
            if (!fits_) return 0;
            value = 10 * value + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }

    /// One to six decimals, as millionths.
    int millionths() {
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
        const auto digits = static_cast<std::size_t>(end - rest_.begin());
        fits_ = fits_ && digits > 0 && digits <= kMostDecimals;
        if (!fits_) return 0;
        int value = number(digits);
        for (std::size_t i = digits; i < kMostDecimals; ++i) value *= 10;
        return value;
    }

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void want(char c) { fits_ = fits_ && take(c); }
    void want(bool rule) { fits_ = fits_ && rule; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool all_fit() const { return fits_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool fits_ = true;
};

std::chrono::microseconds read_day(TimeReader& text) {
    const int year = text.number(4);
    text.want('-');
    const auto month = static_cast<unsigned>(text.number(2));
    text.want('-');
    const auto day = static_cast<unsigned>(text.number(2));
    const auto date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
    text.want(date.ok());
    return date.ok() ? std::chrono::sys_days(date).time_since_epoch() : std::chrono::days(0);
}

/// "T12:34:56.5Z"
std::chrono::microseconds read_time_of_day(TimeReader& text) {
    text.want('T');
    const int hour = text.number(2);
    text.want(':');
    const int minute = text.number(2);
    text.want(':');
    const int second = text.number(2);
    const int millionths = text.take('.') ? text.millionths() : 0;
    text.want('Z');
    text.want(hour < 24 && minute < 60 && second < 60);
    return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
           std::chrono::microseconds(millionths);
}

}  // namespace

std::optional<std::int64_t> parse_utc(std::string_view text) {
    TimeReader reader(text);
    std::chrono::microseconds time = read_day(reader);
    if (!reader.at_end()) time += read_time_of_day(reader);
    if (!reader.all_fit()) return std::nullopt;
    return time.count();
}

}  // namespace contrans
