#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "contrans/registry/audit_log.h"
#include "contrans/registry/database.h"

namespace contrans {

struct AuditWriterOptions {
    std::chrono::milliseconds gather{200};  ///< how long records are gathered into one transaction; 0: not at all
    std::chrono::milliseconds retry{1000};  ///< after a failure
    std::size_t most_waiting = 100'000;     ///< records in memory; see behind()
    std::function<Microseconds()> clock = system_time;
    std::function<void(const std::string&)> on_trouble;  ///< of the writing thread: once when writing begins to fail,
                                                         ///< and with what was lost at the end; empty: nobody
};

/// Writes records from many threads through one that waits for the disk.
///
/// append() takes a record and returns at once; records are in the log in the order they were taken, `gather` later at
/// the latest. While the database cannot be written they are kept and tried again. What is still in memory when the
/// process is killed is lost; append_now() returns when its record is on the disk. Destruction writes what is left.
/// Thread-safe.
class AuditWriter {
public:
    AuditWriter(Database database, AuditWriterOptions options);
    ~AuditWriter();
    AuditWriter(const AuditWriter&) = delete;
    AuditWriter& operator=(const AuditWriter&) = delete;

    void append(AuditEvent event);
    /// Throws what the database throws; then the record is not in the log, and what it tells of must not be done.
    void append_now(AuditEvent event);
    /// Whether as many records wait as may: what is to be recorded should be refused until they are written.
    [[nodiscard]] bool behind() const { return waiting_count_ >= options_.most_waiting; }

private:
    struct Waiting {
        TimedEvent timed;
        std::promise<void>* written = nullptr;  // somebody waits for it; null: nobody
    };

    void push(Waiting waiting);
    void run(const std::stop_token& stop);
    void gather(const std::stop_token& stop);
    bool write_batch();
    void failed(const Error& failure);

    Database database_;  // of the writing thread alone
    AuditWriterOptions options_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<Waiting> waiting_;
    std::size_t in_a_hurry_ = 0;  // of waiting_
    std::atomic<std::size_t> waiting_count_ = 0;
    std::vector<Waiting> batch_;  // taken from waiting_, not yet written; of the writing thread alone
    bool in_trouble_ = false;
    std::jthread thread_;
};

}  // namespace contrans
