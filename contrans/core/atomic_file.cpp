#include "contrans/core/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>

#include "contrans/core/error.h"

namespace contrans {
namespace {

std::string error_text(int code) { return std::generic_category().message(code); }

std::filesystem::path resolve(const std::filesystem::path& target) {
    std::error_code none;
    const std::filesystem::path resolved = std::filesystem::canonical(target, none);
    return none ? target : resolved;
}

std::filesystem::path partial_name(const std::filesystem::path& target) {
    static std::atomic<unsigned> count{0};
    return target.string() + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

// A rename is on the disk once its folder is. Not every file system can sync a folder, and the data is safe by then.
void sync_folder(const std::filesystem::path& file) {
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

/// Calls `write` with how many bytes are written until all are; false, with errno, when it fails.
template <class Write>
bool write_all(std::span<const std::byte> bytes, const Write& write) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = write(done);
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) done += static_cast<std::size_t>(written);
    }
    return true;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& target) : target_(resolve(target)) {
    std::error_code none;
    const auto status = std::filesystem::status(target_, none);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw Error(ErrorKind::io, target.string() + ": cannot be written: it exists and is not a regular file");
    }
    const std::filesystem::path partial = partial_name(target_);
    descriptor_ = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail("create");
    partial_ = partial;
}

AtomicFile::~AtomicFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!partial_.empty()) ::unlink(partial_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    if (!write_all(bytes, [&](std::size_t at) { return ::write(descriptor_, bytes.data() + at, bytes.size() - at); }))
        fail("write");
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::write_at(std::size_t offset, std::span<const std::byte> bytes) {
    if (!write_all(bytes, [&](std::size_t at) {
            return ::pwrite(descriptor_, bytes.data() + at, bytes.size() - at, static_cast<off_t>(offset + at));
        }))
        fail("write");
}

void AtomicFile::commit() {
    if (::fsync(descriptor_) != 0) fail("flush");
    close();
    if (::rename(partial_.c_str(), target_.c_str()) != 0) fail("rename");
    partial_.clear();
    sync_folder(target_);
}

void AtomicFile::close() {
    const int descriptor = descriptor_;
    descriptor_ = -1;  // released even when close reports an error
    if (::close(descriptor) != 0) fail("close");
}

void AtomicFile::fail(const char* step) const {
    const int code = errno;
    throw Error(ErrorKind::io, target_.string() + ": cannot " + step + " the file: " + error_text(code));
}

void write_text_file(const std::filesystem::path& target, std::string_view text) {
    AtomicFile file(target);
    file.write(text);
    file.commit();
}

}  // namespace contrans
