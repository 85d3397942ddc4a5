#pragma once

#include "contrans/core/error.h"

namespace contrans::cli {

/// What scripts read off the program's end (DESIGN §6).
enum class ExitCode {
    done = 0,
    unexpected = 1,
    usage = 2,       ///< an argument that does not exist or does not fit
    bad_file = 3,    ///< a file that cannot be read or written, or breaks a rule
    model = 4,       ///< the model cannot do it
    numeric = 5,     ///< a computation has no usable result
    verdict_no = 6,  ///< ran, and the verdict says no
    interrupted = 130,
};

[[nodiscard]] ExitCode exit_code_of(ErrorKind kind);

}  // namespace contrans::cli
