#include "contrans/core/job_pool.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace contrans {
namespace {

using Job = std::function<void(std::stop_token)>;

void wait_until(const std::function<bool()>& met) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!met() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(RunJobs, RunsEachOnceAndSeveralAtATime) {
    std::atomic<int> ran = 0;
    std::atomic<int> together = 0;
    std::vector<Job> jobs(7, [&](const std::stop_token&) {
        ++ran;
        ++together;
        wait_until([&] { return together >= 2 || ran == 7; });
    });
    run_jobs(jobs, 2, {});
    EXPECT_EQ(ran, 7);
    EXPECT_GE(together, 2);
    run_jobs({}, 3, {});
}

TEST(RunJobs, AFailureStopsTheOthersAndIsThrown) {
    std::atomic<int> ran = 0;
    std::atomic<bool> other_was_stopped = false;
    std::atomic<bool> other_runs = false;
    const std::vector<Job> jobs = {[&](const std::stop_token& stop) {
                                       other_runs = true;
                                       wait_until([&] { return stop.stop_requested(); });
                                       other_was_stopped = stop.stop_requested();
                                   },
                                   [&](const std::stop_token&) {
                                       wait_until([&] { return other_runs.load(); });
                                       throw std::runtime_error("second");
                                   },
                                   [&](const std::stop_token&) { ++ran; }};
    EXPECT_THROW(run_jobs(jobs, 2, {}), std::runtime_error);
    EXPECT_TRUE(other_was_stopped);
    EXPECT_EQ(ran, 0);
}

TEST(RunJobs, AStopFromOutsideIsPassedOn) {
    std::stop_source stop;
    bool seen = false;
    run_jobs({[&](const std::stop_token& token) {
                 stop.request_stop();
                 seen = token.stop_requested();
             }},
             1, stop.get_token());
    EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace contrans
