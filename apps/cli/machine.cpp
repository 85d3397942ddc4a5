#include "apps/cli/machine.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <thread>

#include "contrans/runtime/usable_cpus.h"

namespace contrans::cli {
namespace {

std::string processor_name() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown processor";
}

}  // namespace

std::string machine_text() {
    utsname system{};
    const bool known = uname(&system) == 0;
    return (known ? std::string(system.sysname) + " " + system.machine : "unknown system") + ", " + processor_name() +
           ", " + std::to_string(std::thread::hardware_concurrency()) + " cores";
}

std::size_t threads_of_a_rank(std::size_t ranks_here) {
    const std::size_t share = std::thread::hardware_concurrency() / std::max<std::size_t>(1, ranks_here);
    return std::clamp<std::size_t>(share, 1, usable_cpus());
}

std::string date_text() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text.data();
}

}  // namespace contrans::cli
