#include "contrans/cluster/job.h"

#include <unistd.h>

#include <array>

namespace contrans {

std::string describe(const Communicator& ranks) {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host = {"an unnamed host"};
    return "rank " + std::to_string(ranks.rank()) + " of " + std::to_string(ranks.size()) + " on " + host.data();
}

}  // namespace contrans
