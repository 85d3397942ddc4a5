#include "contrans/registry/tar_file.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18;

struct FreeEntry {
    void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};
struct FreeReader {
    void operator()(archive* tar) const noexcept { archive_read_free(tar); }
};

std::string message_of(archive* tar) {
    const char* text = archive_error_string(tar);
    return text == nullptr ? "unknown" : printable(text, 200);
}

[[noreturn]] void reject(const std::filesystem::path& file, const std::string& text) {
    throw Error(ErrorKind::format, file.string() + ": " + text);
}

void read_entry(archive* tar, const std::filesystem::path& file,
                const std::function<void(std::span<const std::byte>)>& take) {
    std::vector<std::byte> block(kBlock);
    while (true) {
        const la_ssize_t n = archive_read_data(tar, block.data(), block.size());
        if (n == 0) return;
        if (n < 0) reject(file, "is damaged or cut off (" + message_of(tar) + ")");
        take(std::span(block).first(static_cast<std::size_t>(n)));
    }
}

TarEntry entry_of(archive* tar, archive_entry* entry, const std::filesystem::path& file) {
    const char* name = archive_entry_pathname(entry);
    const la_int64_t bytes = archive_entry_size(entry);
    if (name == nullptr || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr ||
        bytes < 0) {
        reject(file, "holds something else than plain files");
    }
    return {name, static_cast<std::uint64_t>(bytes),
            [tar, file](const std::function<void(std::span<const std::byte>)>& take) { read_entry(tar, file, take); }};
}

}  // namespace

void TarWriter::Free::operator()(archive* tar) const noexcept { archive_write_free(tar); }

TarWriter::TarWriter(const std::filesystem::path& file) : path_(file), out_(file), tar_(archive_write_new()) {
    if (!tar_) throw Error(ErrorKind::io, file.string() + ": no memory for a tar file");
    require(archive_write_set_format_pax_restricted(tar_.get()));
    const auto callback = [](archive* tar, void* self, const void* bytes, std::size_t size) -> la_ssize_t {
        return take(tar, self, bytes, size);
    };
    require(archive_write_open(tar_.get(), this, nullptr, callback, nullptr));
}

// Closing writes the rest, which nobody wants of a file that was not committed.
TarWriter::~TarWriter() {
    if (tar_) archive_write_fail(tar_.get());
}

std::int64_t TarWriter::take(archive* tar, void* self, const void* bytes, std::size_t size) noexcept {
    auto& writer = *static_cast<TarWriter*>(self);
    try {
        writer.out_.write(std::span(static_cast<const std::byte*>(bytes), size));
        return static_cast<std::int64_t>(size);
    } catch (...) {
        writer.failure_ = std::current_exception();
        archive_set_error(tar, EIO, "cannot be written");
        return -1;
    }
}

void TarWriter::require(int result) {
    if (failure_) std::rethrow_exception(failure_);
    if (result != ARCHIVE_OK) throw Error(ErrorKind::io, path_.string() + ": " + message_of(tar_.get()));
}

void TarWriter::begin(const std::string& name, std::uint64_t bytes) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    require(archive_write_header(tar_.get(), entry.get()));
}

void TarWriter::write(std::span<const std::byte> bytes) {
    const la_ssize_t written = archive_write_data(tar_.get(), bytes.data(), bytes.size());
    require(written == static_cast<la_ssize_t>(bytes.size()) ? ARCHIVE_OK : ARCHIVE_FATAL);
}

void TarWriter::add_text(const std::string& name, std::string_view text) {
    begin(name, text.size());
    write(std::as_bytes(std::span(text)));
}

void TarWriter::add_file(const std::string& name, const std::filesystem::path& file, std::uint64_t bytes) {
    std::ifstream input(file, std::ios::binary);
    if (!input) throw Error(ErrorKind::io, file.string() + ": cannot be read");
    begin(name, bytes);
    std::vector<char> block(kBlock);
    std::uint64_t read = 0;
    while (input) {
        input.read(block.data(), static_cast<std::streamsize>(block.size()));
        const auto n = static_cast<std::size_t>(input.gcount());
        read += n;
        if (n > 0) write(std::as_bytes(std::span(block).first(n)));
    }
    if (read != bytes) throw Error(ErrorKind::io, file.string() + ": is not as long as it was");
}

void TarWriter::commit() {
    require(archive_write_close(tar_.get()));
    tar_.reset();
    out_.commit();
}

void read_tar(const std::filesystem::path& file, const std::function<void(const TarEntry&)>& visit) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(file, none)) {
        throw Error(ErrorKind::io, file.string() + ": cannot be read: there is no such file");
    }
    const std::unique_ptr<archive, FreeReader> tar(archive_read_new());
    if (!tar) throw Error(ErrorKind::io, file.string() + ": no memory for a tar file");
    archive_read_support_format_tar(tar.get());
    if (archive_read_open_filename(tar.get(), file.c_str(), kBlock) != ARCHIVE_OK) {
        reject(file, "is no tar file (" + message_of(tar.get()) + ")");
    }
    archive_entry* entry = nullptr;
    while (true) {
        const int result = archive_read_next_header(tar.get(), &entry);
        if (result == ARCHIVE_EOF) return;
        if (result != ARCHIVE_OK) reject(file, "is no tar file, or cut off (" + message_of(tar.get()) + ")");
        visit(entry_of(tar.get(), entry, file));
    }
}

}  // namespace contrans
