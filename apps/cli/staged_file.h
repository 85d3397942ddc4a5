#pragma once

#include <filesystem>

namespace contrans::cli {

/// A file that is complete but not yet in its place: written under a passing name beside it, so that several get there
/// together. Construction only chooses the name; destruction removes what never got there.
class StagedFile {
public:
    explicit StagedFile(std::filesystem::path target);
    ~StagedFile();
    StagedFile(const StagedFile&) = delete;
    StagedFile& operator=(const StagedFile&) = delete;

    /// To write to.
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// Renames it. Throws Error{io}.
    void place() const;

private:
    std::filesystem::path target_;
    std::filesystem::path path_;
};

}  // namespace contrans::cli
