#pragma once

#include <filesystem>

namespace contrans {

/// Keeps other processes from working in a folder, through a lock on its file ".lock". The system lets go of it when
/// the process ends, however it ends; the file stays.
class FolderLock {
public:
    /// Throws Error{io} naming the folder when another process holds it or the file cannot be made.
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int descriptor_ = -1;
};

}  // namespace contrans
