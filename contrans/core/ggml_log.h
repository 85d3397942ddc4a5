#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace contrans {

enum class LogLevel { debug, info, warning, error };
/// Receives one message without its line end. Called from any thread, one call at a time; must not throw.
using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Where ggml's and llama.cpp's messages go; an empty sink (the default) drops them. Safe from any thread.
void set_ggml_log_sink(LogSink sink);

/// Points ggml's log, which prints to stderr by default, at the sink. Done once; later calls do nothing.
void route_ggml_log();

/// What route_ggml_log() installs. For llama.cpp's own log:
/// `llama_log_set([](ggml_log_level level, const char* text, void*) { log_from_ggml(level, text); }, nullptr)`.
/// @param level a ggml_log_level
void log_from_ggml(int level, const char* text) noexcept;

/// While it lives, keeps the first error that ggml logs on this thread. Captures do not nest.
class GgmlErrorCapture {
public:
    GgmlErrorCapture();
    ~GgmlErrorCapture();
    GgmlErrorCapture(const GgmlErrorCapture&) = delete;
    GgmlErrorCapture& operator=(const GgmlErrorCapture&) = delete;

    /// Without the C function's name in front; empty when none was logged.
    [[nodiscard]] std::string first_error() const;
};

}  // namespace contrans
