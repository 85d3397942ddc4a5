#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "contrans/serve/batch_step.h"
#include "contrans/serve/scheduler.h"
#include "contrans/serve/slot_table.h"

namespace contrans {

/// The thread of a Scheduler. What it shares with callers is behind one mutex; engine and slots are its own.
class SchedulerLoop {
public:
    SchedulerLoop(std::shared_ptr<const Model> model, const SchedulerOptions& options);
    ~SchedulerLoop();
    SchedulerLoop(const SchedulerLoop&) = delete;
    SchedulerLoop& operator=(const SchedulerLoop&) = delete;

    [[nodiscard]] const SchedulerOptions& options() const { return options_; }
    [[nodiscard]] const std::shared_ptr<const Model>& model() const { return model_; }

    /// Nothing: it was taken.
    std::optional<Refused> enqueue(RunningRequest request);
    bool drain(std::chrono::milliseconds patience);
    [[nodiscard]] SchedulerStats stats() const;

private:
    void run();
    /// Waits for work; false: to stop.
    bool wait_for_work();
    void drop_those_that_must_end();
    void unsteer_those_switched_off();
    void admit_waiting();
    void step();
    void end_all(FinishReason reason);
    void end(RunningRequest& request, FinishReason reason);
    void count_end(const RunningRequest& request);
    [[nodiscard]] std::chrono::seconds retry_after() const;

    std::shared_ptr<const Model> model_;
    SchedulerOptions options_;
    Engine engine_;
    SlotTable table_;
    BatchStep batch_;

    mutable std::mutex mutex_;  // over all below
    std::condition_variable work_;
    std::condition_variable idle_;
    std::deque<RunningRequest> waiting_;
    std::size_t running_ = 0;
    std::size_t arrivals_ = 0;
    double mean_seconds_ = 1;  // of a request, the last ones weighing most
    SchedulerStats stats_;
    enum class State { open, draining, stopping, ended } state_ = State::open;

    std::thread thread_;
};

}  // namespace contrans
