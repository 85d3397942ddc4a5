#pragma once

#include <cstddef>

namespace contrans {

/// Processors that this thread may run on: fewer than the machine has where taskset, a container's cpuset or mpirun
/// binds the process. At least one.
[[nodiscard]] std::size_t usable_cpus();

}  // namespace contrans
