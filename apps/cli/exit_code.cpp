#include "apps/cli/exit_code.h"

namespace contrans::cli {

ExitCode exit_code_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::argument:
            return ExitCode::usage;
        case ErrorKind::io:
        case ErrorKind::format:
            return ExitCode::bad_file;
        case ErrorKind::model:
            return ExitCode::model;
        case ErrorKind::numeric:
            return ExitCode::numeric;
        case ErrorKind::interrupted:
            return ExitCode::interrupted;
    }
    return ExitCode::unexpected;
}

}  // namespace contrans::cli
