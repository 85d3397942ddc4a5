#pragma once

#include <cstddef>
#include <stop_token>
#include <string_view>

namespace contrans {

/// Receives the progress of one long operation at a time. Implementations draw it; the library never prints.
class ProgressSink {
public:
    virtual ~ProgressSink() = default;
    /// A new operation of `total` units begins; it ends the one before.
    virtual void begin(std::string_view label, std::string_view unit, std::size_t total) = 0;
    /// `done` units of the current operation are finished.
    virtual void advance(std::size_t done) = 0;
    virtual void end() = 0;
};

/// What a long operation is given beside its data: where to report, and when to stop.
/// A stop makes it throw Error{interrupted}; nothing is left half-written.
struct RunContext {
    ProgressSink* progress = nullptr;  ///< null: silent; not owned
    std::stop_token stop;              ///< default: never stops

    void begin(std::string_view label, std::string_view unit, std::size_t total) const;
    void advance(std::size_t done) const;  ///< also throws Error{interrupted} once a stop was requested
    void end() const;
    void throw_if_stopped() const;
};

}  // namespace contrans
