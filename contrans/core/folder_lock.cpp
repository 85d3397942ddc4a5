#include "contrans/core/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "contrans/core/error.h"

namespace contrans {

FolderLock::FolderLock(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / ".lock";
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
        throw Error(ErrorKind::io, file.string() + ": cannot be opened: " + std::generic_category().message(errno));
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        ::close(descriptor_);
        throw Error(ErrorKind::io, folder.string() +
                                       ": another run is writing into this folder; wait for it, or give "
                                       "another folder");
    }
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace contrans
