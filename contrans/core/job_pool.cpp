#include "contrans/core/job_pool.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <thread>

namespace contrans {

void run_jobs(const std::vector<std::function<void(std::stop_token)>>& jobs, std::size_t workers,
              std::stop_token stop) {
    std::stop_source ours;
    const std::stop_callback pass_on(stop, [&] { ours.request_stop(); });
    std::mutex mutex;
    std::exception_ptr first;
    std::size_t next = 0;
    const auto take = [&]() -> const std::function<void(std::stop_token)>* {
        const std::lock_guard lock(mutex);
        return next < jobs.size() && !first ? &jobs[next++] : nullptr;
    };
    const auto work = [&] {
        while (const auto* job = take()) {
            try {
                (*job)(ours.get_token());
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!first) first = std::current_exception();
                ours.request_stop();
            }
        }
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < std::min(workers, jobs.size()); ++i) threads.emplace_back(work);
    work();
    threads.clear();
    if (first) std::rethrow_exception(first);
}

}  // namespace contrans
