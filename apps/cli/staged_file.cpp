#include "apps/cli/staged_file.h"

#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

#include "contrans/core/error.h"

namespace contrans::cli {

StagedFile::StagedFile(std::filesystem::path target)
    : target_(std::move(target)), path_(target_.string() + ".staged-" + std::to_string(getpid())) {}

StagedFile::~StagedFile() {
    std::error_code none;
    std::filesystem::remove(path_, none);
}

void StagedFile::place() const {
    std::error_code error;
    std::filesystem::rename(path_, target_, error);
    if (error) throw Error(ErrorKind::io, target_.string() + ": cannot be replaced: " + error.message());
}

}  // namespace contrans::cli
