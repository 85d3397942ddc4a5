#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace contrans {

/// What a launcher (mpirun, srun) says in the environment to each process that it starts.
struct Launch {
    std::size_t rank = 0;
    std::optional<std::size_t> size;  ///< processes in all; some launchers do not say
};

/// Nothing where no launcher started this process.
[[nodiscard]] std::optional<Launch> launch_from_environment();

/// How long mpirun leaves a process that it has asked to end before it kills it: its odls_base_sigkill_timeout, a
/// second unless the user gave more.
[[nodiscard]] std::chrono::milliseconds grace_from_environment();

}  // namespace contrans
