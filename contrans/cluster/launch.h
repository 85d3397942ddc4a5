#pragma once

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

}  // namespace contrans
