#include "apps/cli/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace contrans::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBarDelay{500};
constexpr milliseconds kBarInterval{100};
constexpr milliseconds kLineInterval{5000};
constexpr std::size_t kBarWidth = 24;

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

std::size_t terminal_columns() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool wants_colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    return no_colour == nullptr || *no_colour == '\0';
}

std::string rate_text(double rate) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), rate < 10 ? "%.1f" : "%.0f", rate);
    return text.data();
}

std::string bar_text(double share) {
    const auto filled = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * kBarWidth);
    const std::string bar = std::string(filled, '#');
    const std::string rest = std::string(kBarWidth - filled, '.');
    return wants_colour() ? "\x1b[32m" + bar + "\x1b[2m" + rest + "\x1b[0m" : "[" + bar + rest + "]";
}

void write_line(const std::string& text) { std::fputs((text + "\n").c_str(), stderr); }

}  // namespace

ProgressStyle progress_style_of_stderr() {
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
    return isatty(STDERR_FILENO) != 0 && !dumb ? ProgressStyle::bar : ProgressStyle::lines;
}

std::string clock_text(double seconds) {
    const auto whole = static_cast<unsigned long>(std::lround(std::max(0.0, seconds)));
    std::array<char, 48> text{};
    if (whole < 3600) {
        std::snprintf(text.data(), text.size(), "%lu:%02lu", whole / 60, whole % 60);
    } else {
        std::snprintf(text.data(), text.size(), "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    }
    return text.data();
}

ProgressBar::~ProgressBar() { clear_bar(); }

void ProgressBar::begin(std::string_view label, std::string_view unit, std::size_t total) {
    end();
    const Clock::time_point now = Clock::now();
    operation_ = Operation{std::string(label), std::string(unit), total, 0, 0, now, now};
}

void ProgressBar::advance(std::size_t done) {
    if (!operation_ || style_ == ProgressStyle::none) return;
    operation_->done = done;
    const Clock::time_point now = Clock::now();
    if (style_ == ProgressStyle::bar) {
        if (now - operation_->shown >= (drawn_ ? kBarInterval : kBarDelay)) draw_bar(*operation_, now);
    } else if (now - operation_->shown >= kLineInterval) {
        write_line(operation_->label + ": " + state_text(*operation_, now));
        operation_->shown = now;
    }
}

void ProgressBar::found(std::size_t units) {
    if (operation_) operation_->found += units;
}

void ProgressBar::end() {
    if (!operation_) return;
    clear_bar();
    if (style_ == ProgressStyle::lines) {
        const double seconds = seconds_between(operation_->began, Clock::now());
        write_line(operation_->label + ": " + std::to_string(operation_->done) + " " + operation_->unit + " in " +
                   clock_text(seconds));
    }
    operation_.reset();
}

std::string ProgressBar::state_text(const Operation& operation, Clock::time_point now) const {
    std::string text = std::to_string(operation.done) + "/" + std::to_string(operation.total) + " " + operation.unit;
    const double seconds = seconds_between(operation.began, now);
    if (operation.done <= operation.found || seconds <= 0) return text;
    const double rate = static_cast<double>(operation.done - operation.found) / seconds;
    const auto left = static_cast<double>(operation.total - std::min(operation.total, operation.done));
    return text + ", " + rate_text(rate) + " " + operation.unit + "/s, " + clock_text(left / rate) + " left";
}

void ProgressBar::draw_bar(const Operation& operation, Clock::time_point now) {
    const double share =
        operation.total == 0 ? 0 : static_cast<double>(operation.done) / static_cast<double>(operation.total);
    const std::string state = state_text(operation, now);
    const bool fits = operation.label.size() + kBarWidth + state.size() + 4 < terminal_columns();
    const std::string plain = (operation.label + "  " + state).substr(0, terminal_columns() - 1);
    const std::string text = fits ? operation.label + "  " + bar_text(share) + "  " + state : plain;
    std::fputs(("\r\x1b[K" + text).c_str(), stderr);
    std::fflush(stderr);
    operation_->shown = now;
    drawn_ = true;
}

void ProgressBar::clear_bar() {
    if (!drawn_) return;
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
    drawn_ = false;
}

}  // namespace contrans::cli
