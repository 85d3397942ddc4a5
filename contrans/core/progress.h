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
    /// `units` of those done, or about to be, were there already: they tell nothing of how long the others take.
    virtual void found(std::size_t units) { static_cast<void>(units); }
    virtual void end() = 0;
};

/// What a long operation is given beside its data: where to report, and when to stop.
/// A stop makes it throw Error{interrupted}; nothing is left half-written.
struct RunContext {
    ProgressSink* progress = nullptr;  ///< null: silent; not owned
    std::stop_token stop;              ///< default: never stops

    void begin(std::string_view label, std::string_view unit, std::size_t total) const;
    void advance(std::size_t done) const;  ///< also throws Error{interrupted} once a stop was requested
    void found(std::size_t units) const;
    void end() const;
    void throw_if_stopped() const;
};

/// Passes the progress of one part of a longer operation on to the whole's: its units count on from those done before,
/// and the operations within it, each of which begins and ends, are not seen.
class ProgressPart : public ProgressSink {
public:
    /// @param done  units of the whole that are finished. The whole must outlive it.
    ProgressPart(const RunContext& whole, std::size_t done) : whole_(whole), done_(done) {}

    void begin(std::string_view, std::string_view, std::size_t total) override;
    void advance(std::size_t done) override;
    void end() override {}

private:
    const RunContext& whole_;
    std::size_t done_;
    std::size_t total_ = 0;  // of the operation within
};

}  // namespace contrans
