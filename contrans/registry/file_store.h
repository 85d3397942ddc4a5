#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace contrans {

/// A file's content, without its place.
struct ContentIdentity {
    std::string sha256;  ///< 64 hexadecimal digits
    std::uint64_t bytes = 0;
};

/// Throws Error{io}.
[[nodiscard]] ContentIdentity identify_content(const std::filesystem::path& file);

/// Whether it is 64 small hexadecimal digits.
[[nodiscard]] bool is_sha256(std::string_view text);

/// Files named by their content: FOLDER/ab/abcd…; each is there whole or not at all, and never changes.
class FileStore {
public:
    explicit FileStore(std::filesystem::path folder);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] std::filesystem::path path_of(const std::string& sha256) const;
    [[nodiscard]] bool holds(const std::string& sha256) const;
    /// Copies it in, on the disk when this returns; nothing to do where it is there. Throws Error{io} where the file
    /// cannot be read, is no longer what was identified, or the store takes no file.
    void put(const std::filesystem::path& file, const ContentIdentity& content) const;
    /// Removes what `wanted` does not want, and what writers that died left over a day ago. @return files removed. The
    /// caller keeps others from adding meanwhile.
    std::size_t sweep(const std::function<bool(const std::string& sha256)>& wanted) const;

private:
    std::filesystem::path folder_;
};

}  // namespace contrans
