#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <vector>

namespace contrans {

/// Runs the jobs, `workers` at a time, in their order. Each is given a token that is stopped when `stop` is or another
/// job threw. Returns when all have ended; throws what the first that threw, threw.
void run_jobs(const std::vector<std::function<void(std::stop_token)>>& jobs, std::size_t workers, std::stop_token stop);

}  // namespace contrans
