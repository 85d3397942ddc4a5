#include "contrans/registry/registry_archive.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>

#include "contrans/core/error.h"
#include "contrans/core/folder_lock.h"
#include "contrans/core/sha256.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/archive_list.h"
#include "contrans/registry/persona_rows.h"
#include "contrans/registry/tar_file.h"

namespace contrans {
namespace {

namespace fs = std::filesystem;

constexpr const char* kList = "registry.json";
constexpr const char* kSums = "SHA256SUMS";
constexpr std::uint64_t kLongestList = std::uint64_t{64} << 20;

std::vector<ConceptVersion> chosen_versions(Registry& registry, const std::vector<VersionReference>& wanted) {
    std::vector<ConceptVersion> versions;
    for (const VersionReference& reference : wanted) {
        ConceptVersion version = registry.show(reference);
        const auto same = [&](const ConceptVersion& each) {
            return each.name == version.name && each.version == version.version;
        };
        if (std::none_of(versions.begin(), versions.end(), same)) versions.push_back(std::move(version));
    }
    return versions;
}

std::vector<PersonaVersion> chosen_personas(soci::session& session, const std::vector<VersionReference>& wanted) {
    std::vector<PersonaVersion> personas;
    for (const VersionReference& reference : wanted) {
        const auto found = find_persona_version(session, reference);
        if (!found) {
            throw Error(ErrorKind::argument, "registry export: there is no persona " + in_quotes(reference.name) +
                                                 (reference.version == 0 ? "" : " of that version"));
        }
        const auto same = [&](const PersonaVersion& each) { return persona_name(each) == persona_name(*found); };
        if (std::none_of(personas.begin(), personas.end(), same)) personas.push_back(*found);
    }
    return personas;
}

RegistryContents chosen(Registry& registry, const ExportChoice& wanted) {
    const bool all = wanted.versions.empty() && wanted.personas.empty();
    RegistryContents contents{all ? registry.list() : chosen_versions(registry, wanted.versions), {}};
    registry.database().read([&](soci::session& session) {
        contents.personas = all ? read_personas(session) : chosen_personas(session, wanted.personas);
    });
    return contents;
}

PathsInArchive paths_of(const std::vector<ConceptVersion>& versions) {
    PathsInArchive paths;
    for (const ConceptVersion& version : versions) {
        for (const StoredArtefact& file : version.files)
            paths.emplace(file.content.sha256, version_name(version.name, version.version) + "/" + file.file_name);
    }
    return paths;
}

std::string sums_text(const PathsInArchive& paths) {
    std::string text;
    for (const auto& [sha256, path] : paths) text += sha256 + "  " + path + "\n";
    return text;
}

std::string text_of(const TarEntry& entry) {
    std::string text;
    entry.read([&](std::span<const std::byte> bytes) {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    });
    return text;
}

/// Writes an entry to a file. @return its SHA-256
std::string unpack_entry(const TarEntry& entry, const fs::path& file) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    Sha256 digest;
    entry.read([&](std::span<const std::byte> bytes) {
        digest.update(bytes);
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    });
    out.close();
    if (!out) throw Error(ErrorKind::io, file.string() + ": cannot be written");
    return digest.hex_digest();
}

fs::path temporary_folder() {
    std::string name = (fs::temp_directory_path() / "contrans-import-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw Error(ErrorKind::io, name + ": cannot be made");
    return name;
}

[[noreturn]] void reject(const fs::path& file, const std::string& text) {
    throw Error(ErrorKind::format, file.string() + ": " + text);
}

}  // namespace

RegistryContents export_registry(Registry& registry, const ExportChoice& wanted, const fs::path& file) {
    RegistryContents contents = chosen(registry, wanted);
    const auto& [versions, personas] = contents;
    if (versions.empty() && personas.empty())
        throw Error(ErrorKind::argument, "registry export: the registry holds nothing");
    std::error_code error;
    fs::create_directories(registry.files().folder(), error);  // there is none yet where nothing but personas is
    const FolderLock no_sweeps(registry.files().folder());
    const PathsInArchive paths = paths_of(versions);
    TarWriter tar(file);
    tar.add_text(kList, archive_list_text(contents, paths));
    tar.add_text(kSums, sums_text(paths));
    std::map<std::string, bool> written;
    for (const ConceptVersion& version : versions) {
        for (const StoredArtefact& each : version.files) {
            const std::string& sha256 = each.content.sha256;
            if (!written.emplace(sha256, true).second) continue;
            tar.add_file(paths.at(sha256), registry.files().path_of(sha256), each.content.bytes);
        }
    }
    tar.commit();
    return contents;
}

UnpackedArchive::UnpackedArchive(const fs::path& file) : folder_(temporary_folder()) {
    try {
        unpack(file);
        describe(file);
    } catch (...) {
        std::error_code none;
        fs::remove_all(folder_, none);
        throw;
    }
}

UnpackedArchive::~UnpackedArchive() {
    std::error_code none;
    fs::remove_all(folder_, none);
}

void UnpackedArchive::unpack(const fs::path& file) {
    std::optional<ArchiveList> list;
    std::map<std::string, std::string> wanted;  // sha256 by path
    read_tar(file, [&](const TarEntry& entry) {
        if (!list) {
            if (entry.name != kList || entry.bytes > kLongestList) reject(file, "is no export of a registry");
            list = parse_archive_list(text_of(entry), file.string() + ": " + kList);
            for (const auto& [sha256, path] : list->paths) wanted[path] = sha256;
            return;
        }
        if (entry.name == kSums) return;
        const auto found = wanted.find(entry.name);
        if (found == wanted.end()) reject(file, in_quotes(entry.name) + " is not listed in " + kList);
        const fs::path unpacked = folder_ / (found->second + fs::path(entry.name).extension().string());
        if (const std::string sha256 = unpack_entry(entry, unpacked); sha256 != found->second) {
            reject(file, entry.name + " is not what was exported: its SHA-256 is " + sha256 + ", and " + found->second +
                             " in " + kList);
        }
        files_[found->second] = unpacked;
    });
    if (!list) reject(file, "is no export of a registry");
    contents_ = std::move(list->contents);
}

void UnpackedArchive::describe(const fs::path& file) {
    for (ConceptVersion& version : contents_.versions) {
        for (StoredArtefact& each : version.files) {
            const auto found = files_.find(each.content.sha256);
            const std::string what = version_name(version.name, version.version) + "/" + each.file_name;
            if (found == files_.end()) reject(file, what + " is missing");
            ArtefactDescription description = describe_artefact(found->second);
            if (description.kind != each.description.kind || fs::file_size(found->second) != each.content.bytes) {
                reject(file, what + " is of another kind or size than listed");
            }
            each.description = std::move(description);
        }
    }
}

}  // namespace contrans
