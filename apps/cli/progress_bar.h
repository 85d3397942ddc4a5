#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "contrans/core/progress.h"

namespace contrans::cli {

/// Where progress goes: a bar that is redrawn in place, lines for logs, or nowhere.
enum class ProgressStyle { bar, lines, none };

/// The bar on a terminal, lines elsewhere.
[[nodiscard]] ProgressStyle progress_style_of_stderr();

/// Draws progress on stderr: label, units done and in all, rate, remaining time.
///
/// A bar comes after half a second, moves at most ten times a second and leaves no trace. Lines come at most every five
/// seconds, and one at the end with the total time. Destruction takes a bar that still stands off the screen. One
/// thread at a time.
class ProgressBar : public ProgressSink {
public:
    explicit ProgressBar(ProgressStyle style) : style_(style) {}
    ~ProgressBar() override;
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void begin(std::string_view label, std::string_view unit, std::size_t total) override;
    void advance(std::size_t done) override;
    void found(std::size_t units) override;
    void end() override;

private:
    using Clock = std::chrono::steady_clock;
    struct Operation {
        std::string label;
        std::string unit;
        std::size_t total = 0;
        std::size_t done = 0;
        std::size_t found = 0;  // of those done; they count neither for the rate nor for the time that is left
        Clock::time_point began;
        Clock::time_point shown;
    };

    [[nodiscard]] std::string state_text(const Operation& operation, Clock::time_point now) const;
    void draw_bar(const Operation& operation, Clock::time_point now);
    void clear_bar();

    ProgressStyle style_;
    std::optional<Operation> operation_;
    bool drawn_ = false;
};

/// "0:07", "1:02", "2:03:04".
[[nodiscard]] std::string clock_text(double seconds);

}  // namespace contrans::cli
