#include "contrans/core/ggml_log.h"

#include <mutex>
#include <utility>

#include "ggml.h"

namespace contrans {
namespace {

struct SharedSink {
    std::mutex mutex;
    LogSink sink;
};

SharedSink& shared_sink() {
    static SharedSink shared;
    return shared;
}

struct Capture {
    bool active = false;
    std::string first_error;
};

thread_local Capture capture;
thread_local LogLevel last_level = LogLevel::info;

// A continued message has the level of the one it continues.
LogLevel to_level(int level) {
    switch (level) {
        case GGML_LOG_LEVEL_DEBUG:
            return LogLevel::debug;
        case GGML_LOG_LEVEL_WARN:
            return LogLevel::warning;
        case GGML_LOG_LEVEL_ERROR:
            return LogLevel::error;
        case GGML_LOG_LEVEL_CONT:
            return last_level;
        default:
            return LogLevel::info;
    }
}

std::string_view without_line_end(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

void deliver(LogLevel level, std::string_view text) {
    if (capture.active && level == LogLevel::error && capture.first_error.empty()) capture.first_error = text;
    const std::scoped_lock lock(shared_sink().mutex);
    if (shared_sink().sink) shared_sink().sink(level, text);
}

}  // namespace

void set_ggml_log_sink(LogSink sink) {
    const std::scoped_lock lock(shared_sink().mutex);
    shared_sink().sink = std::move(sink);
}

void route_ggml_log() {
    static std::once_flag routed;
    std::call_once(routed, [] {
        ggml_log_set([](ggml_log_level level, const char* text, void*) { log_from_ggml(level, text); }, nullptr);
    });
}

void log_from_ggml(int level, const char* text) noexcept {
    last_level = to_level(level);
    deliver(last_level, without_line_end(text));
}

GgmlErrorCapture::GgmlErrorCapture() { capture = {.active = true, .first_error = {}}; }
GgmlErrorCapture::~GgmlErrorCapture() { capture = {}; }

std::string GgmlErrorCapture::first_error() const {
    const std::size_t name_end = capture.first_error.find(": ");
    return name_end == std::string::npos ? capture.first_error : capture.first_error.substr(name_end + 2);
}

}  // namespace contrans
