#include "apps/cli/output_file.h"

#include <system_error>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"

namespace contrans::cli {

void require_writable(const std::filesystem::path& out, std::initializer_list<std::filesystem::path> inputs) {
    for (const std::filesystem::path& input : inputs) {
        std::error_code none;
        if (std::filesystem::equivalent(out, input, none)) {
            throw Error(ErrorKind::argument, out.string() + ": would replace a file that is read; give another output");
        }
    }
    const AtomicFile trial(out);  // opened beside it and removed again
}

}  // namespace contrans::cli
