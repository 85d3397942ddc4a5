#include "apps/cli/cost.h"

#include <sys/resource.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "contrans/core/atomic_file.h"
#include "contrans/runtime/engine.h"

namespace contrans::cli {
namespace {

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void write_cost(double seconds, const std::filesystem::path& file) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const nlohmann::ordered_json cost = {{"seconds", seconds},
                                         {"processor_seconds", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)},
                                         {"tokens", tokens_decoded()},
                                         {"peak_bytes", std::int64_t{usage.ru_maxrss} * 1024}};
    write_text_file(file, cost.dump() + "\n");
}

}  // namespace contrans::cli
