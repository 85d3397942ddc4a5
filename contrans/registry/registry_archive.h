#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "contrans/registry/registry.h"

namespace contrans {

/// Which versions an export is of; both empty: all that the registry has.
struct ExportChoice {
    std::vector<VersionReference> versions;
    std::vector<VersionReference> personas;
};

/// Writes versions, their tags and files, and personas as one tar file, whole or not at all:
///
///   registry.json        names, numbers, owners, notes, tags, and each file's name, SHA-256, size and path in the tar;
///                        personas whole
///   SHA256SUMS           for sha256sum -c
///   NAME@VERSION/FILE    each content once, under the first version that has it
///
/// Throws Error{argument} for one that is not there; Error{io}. @return what was written
RegistryContents export_registry(Registry& registry, const ExportChoice& wanted, const std::filesystem::path& file);

/// Reads such a file into a folder of its own that is gone when this is.
class UnpackedArchive {
public:
    /// Checks all of it: every hash, every artefact read whole by its reader. Throws Error{io}, Error{format} naming
    /// file and place for what is damaged, missing, not listed or of another hash, size or kind than listed.
    explicit UnpackedArchive(const std::filesystem::path& file);
    ~UnpackedArchive();
    UnpackedArchive(const UnpackedArchive&) = delete;
    UnpackedArchive& operator=(const UnpackedArchive&) = delete;

    [[nodiscard]] const RegistryContents& contents() const { return contents_; }
    [[nodiscard]] const std::map<std::string, std::filesystem::path>& files() const { return files_; }  ///< by sha256

private:
    void unpack(const std::filesystem::path& file);
    void describe(const std::filesystem::path& file);

    std::filesystem::path folder_;
    RegistryContents contents_;
    std::map<std::string, std::filesystem::path> files_;
};

}  // namespace contrans
