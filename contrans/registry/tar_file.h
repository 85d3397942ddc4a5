#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "contrans/core/atomic_file.h"

struct archive;

namespace contrans {

/// Writes a tar file (POSIX, readable by every tar), whole or not at all. Throws Error{io}.
class TarWriter {
public:
    explicit TarWriter(const std::filesystem::path& file);
    ~TarWriter();
    TarWriter(const TarWriter&) = delete;
    TarWriter& operator=(const TarWriter&) = delete;

    void add_text(const std::string& name, std::string_view text);
    void add_file(const std::string& name, const std::filesystem::path& file, std::uint64_t bytes);
    /// The last call.
    void commit();

private:
    struct Free {
        void operator()(archive* tar) const noexcept;
    };
    static std::int64_t take(archive* tar, void* self, const void* bytes, std::size_t size) noexcept;
    void begin(const std::string& name, std::uint64_t bytes);
    void write(std::span<const std::byte> bytes);
    void require(int result);

    std::filesystem::path path_;
    AtomicFile out_;
    std::exception_ptr failure_;  // of out_, thrown once libarchive has returned
    std::unique_ptr<archive, Free> tar_;
};

/// A file in a tar, while it is read.
struct TarEntry {
    std::string name;
    std::uint64_t bytes = 0;
    /// Calls `take` with its bytes, block by block.
    std::function<void(const std::function<void(std::span<const std::byte>)>& take)> read;
};

/// Calls `visit` with each entry in turn; nothing is unpacked. Throws Error{io}; Error{format} for a file that is no
/// tar, is cut off, or holds anything but plain files; what `visit` throws passes through.
void read_tar(const std::filesystem::path& file, const std::function<void(const TarEntry&)>& visit);

}  // namespace contrans
