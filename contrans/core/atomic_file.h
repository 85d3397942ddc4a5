#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace contrans {

/// A file that appears under its name whole or not at all.
///
/// Construction creates a partial file beside the target (its name plus ".partial-<process>-<n>"); commit() flushes it
/// to the disk and renames it over the target; destruction without commit removes it. A symbolic link is followed,
/// so that what it points at is replaced. One thread at a time; two objects never share a partial file.
class AtomicFile {
public:
    /// Throws Error{io} when the folder is missing or not writable, or the target exists and is no regular file.
    explicit AtomicFile(const std::filesystem::path& target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Appends. Throws Error{io} when not every byte could be written.
    void write(std::span<const std::byte> bytes);
    void write(std::string_view text);
    /// Writes at `offset` bytes from the beginning, which appending does not see. Throws as write() does.
    void write_at(std::size_t offset, std::span<const std::byte> bytes);
    /// The last call. Throws Error{io}; then the target is as it was before.
    void commit();

private:
    [[noreturn]] void fail(const char* step) const;
    void close();

    std::filesystem::path target_;
    std::filesystem::path partial_;  // empty once it has become the target
    int descriptor_ = -1;
};

/// Writes `text` to `target` by an AtomicFile. Throws Error{io}.
void write_text_file(const std::filesystem::path& target, std::string_view text);

}  // namespace contrans
