#include "contrans/runtime/usable_cpus.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <vector>

namespace contrans {

std::size_t usable_cpus() {
    // The kernel refuses a set that is smaller than its own.
    for (std::size_t sets = 1; sets <= 64; sets *= 2) {
        std::vector<cpu_set_t> allowed(sets);
        const std::size_t bytes = sets * sizeof(cpu_set_t);
        if (::sched_getaffinity(0, bytes, allowed.data()) == 0) {
            return std::max<std::size_t>(1, static_cast<std::size_t>(CPU_COUNT_S(bytes, allowed.data())));
        }
        if (errno != EINVAL) break;
    }
    return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace contrans
