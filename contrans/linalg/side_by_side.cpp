#include "contrans/linalg/side_by_side.h"

#include <vector>

#include "contrans/core/job_pool.h"
#include "contrans/linalg/blas_threads.h"

namespace contrans {

void for_each_side_by_side(std::size_t n, const std::function<void(std::size_t)>& work) {
    const std::size_t threads = blas_threads();
    const std::size_t workers = n < threads ? 1 : threads;
    const BlasThreads one_each(workers > 1 ? 1 : 0);
    std::vector<std::function<void(std::stop_token)>> jobs;
    for (std::size_t i = 0; i < n; ++i) jobs.emplace_back([&work, i](const std::stop_token&) { work(i); });
    run_jobs(jobs, workers, {});
}

}  // namespace contrans
