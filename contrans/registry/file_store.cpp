#include "contrans/registry/file_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/sha256.h"

namespace contrans {
namespace {

namespace fs = std::filesystem;

/// Calls `take` with the file's bytes, block by block.
void read_blocks(const fs::path& file, const std::function<void(std::span<const std::byte>)>& take) {
    std::error_code none;
    if (!fs::is_regular_file(file, none)) {
        throw Error(ErrorKind::io, file.string() + ": cannot be read: there is no such file");
    }
    std::ifstream input(file, std::ios::binary);
    std::vector<char> block(std::size_t{1} << 18);
    while (input) {
        input.read(block.data(), static_cast<std::streamsize>(block.size()));
        take(std::as_bytes(std::span(block).first(static_cast<std::size_t>(input.gcount()))));
    }
    if (!input.eof()) throw Error(ErrorKind::io, file.string() + ": cannot be read");
}

void make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw Error(ErrorKind::io, folder.string() + ": cannot be made: " + error.message());
}

bool is_older_than_a_day(const fs::path& file) {
    std::error_code error;
    const auto changed = fs::last_write_time(file, error);
    return !error && fs::file_time_type::clock::now() - changed > std::chrono::hours(24);
}

bool is_left_over(const fs::path& file) {
    return file.filename().string().find(".partial-") != std::string::npos && is_older_than_a_day(file);
}

}  // namespace

ContentIdentity identify_content(const fs::path& file) {
    ContentIdentity content;
    Sha256 digest;
    read_blocks(file, [&](std::span<const std::byte> bytes) {
        digest.update(bytes);
        content.bytes += bytes.size();
    });
    content.sha256 = digest.hex_digest();
    return content;
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(),
                                            [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

FileStore::FileStore(fs::path folder) : folder_(std::move(folder)) {}

fs::path FileStore::path_of(const std::string& sha256) const { return folder_ / sha256.substr(0, 2) / sha256; }

bool FileStore::holds(const std::string& sha256) const {
    std::error_code none;
    return fs::is_regular_file(path_of(sha256), none);
}

void FileStore::put(const fs::path& file, const ContentIdentity& content) const {
    if (holds(content.sha256)) return;
    const fs::path target = path_of(content.sha256);
    make_folder(target.parent_path());
    AtomicFile copy(target);
    Sha256 digest;
    read_blocks(file, [&](std::span<const std::byte> bytes) {
        digest.update(bytes);
        copy.write(bytes);
    });
    if (digest.hex_digest() != content.sha256) {
        throw Error(ErrorKind::io, file.string() + ": changed while it was read; try again");
    }
    copy.commit();
}

std::size_t FileStore::sweep(const std::function<bool(const std::string& sha256)>& wanted) const {
    std::vector<fs::path> unwanted;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if ((is_sha256(name) && !wanted(name)) || is_left_over(entry->path())) unwanted.push_back(entry->path());
    }
    std::size_t removed = 0;
    for (const fs::path& file : unwanted) removed += fs::remove(file, error) ? 1U : 0U;
    return removed;
}

}  // namespace contrans
