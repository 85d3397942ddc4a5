#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "contrans/core/error.h"
#include "contrans/core/folder_lock.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/owned_names.h"
#include "contrans/registry/persona_store.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/registry_rows.h"

namespace contrans {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::argument, "registry: " + text); }

bool same_contents(const ConceptVersion& a, const ConceptVersion& b) {
    return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(),
                      [](const StoredArtefact& x, const StoredArtefact& y) {
                          return x.content.sha256 == y.content.sha256 && x.file_name == y.file_name;
                      });
}

/// Whether the version is here already.
bool is_here(const std::vector<ConceptVersion>& here, const ConceptVersion& version) {
    for (const ConceptVersion& each : here) {
        if (each.version != version.version) continue;
        if (same_contents(each, version)) return true;
        refuse(version_name(version.name, version.version) + " holds other files here than in what is imported");
    }
    return false;
}

void copy_files(const FileStore& from, const fs::path& to, const std::vector<ConceptVersion>& versions) {
    const FileStore copy(to);
    for (const ConceptVersion& version : versions) {
        for (const StoredArtefact& file : version.files) copy.put(from.path_of(file.content.sha256), file.content);
    }
}

/// A folder beside the one that it becomes when it is whole; else it is removed.
class PassingFolder {
public:
    explicit PassingFolder(const fs::path& target) {
        const fs::path plain = target.has_filename() ? target : target.parent_path();
        path_ = plain.string() + ".partial-" + std::to_string(::getpid());
        std::error_code error;
        fs::create_directory(path_, error);
        if (error) throw Error(ErrorKind::io, path_.string() + ": cannot be made: " + error.message());
    }
    ~PassingFolder() {
        std::error_code none;
        fs::remove_all(path_, none);
    }
    PassingFolder(const PassingFolder&) = delete;
    PassingFolder& operator=(const PassingFolder&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }
    void become(const fs::path& target) const {
        std::error_code error;
        fs::rename(path_, target, error);
        if (error) throw Error(ErrorKind::io, target.string() + ": cannot be made: " + error.message());
    }

private:
    fs::path path_;
};

}  // namespace

RegistryContents Registry::take(const RegistryContents& contents, const std::map<std::string, fs::path>& files) {
    RegistryContents added;
    for (const ConceptVersion& version : contents.versions) put_files(version.files, files);
    database_.write([&](soci::session& session) {
        for (const ConceptVersion& version : contents.versions) {
            OwnedName row = imported_name_for(session, kConcepts, version.name, version.owner);
            if (!is_here(read_versions(session, version.name), version)) {
                put_files(version.files, files);
                row.last_version = std::max(row.last_version, version.version);
                put_owned(session, kConcepts, row);
                insert_version(session, version);
                record(session, "registry.import", version.name, std::to_string(version.version), "");
                added.versions.push_back(version);
            }
            for (const std::string& tag : version.tags) {
                if (find_tag(session, version.name, tag)) continue;
                put_tag(session, version.name, tag, version.version);
                record(session, "registry.tag", version.name, std::to_string(version.version), tag);
            }
        }
        for (const PersonaVersion& persona : contents.personas) {
            if (take_persona(session, persona, actor(), now())) added.personas.push_back(persona);
        }
    });
    return added;
}

void Registry::back_up(const fs::path& folder) {
    std::error_code error;
    if (fs::exists(folder, error)) refuse("backup: " + folder.string() + " is there already; give another folder");
    const PassingFolder copy(folder);
    fs::create_directories(files_.folder(), error);
    const FolderLock no_sweeps(files_.folder());
    database_.copy_to(copy.path() / "registry.db");
    RegistryOptions options = options_;
    options.mode = OpenMode::existing;
    copy_files(files_, copy.path() / "files", Registry(copy.path(), options).list());
    copy.become(folder);
}

std::vector<std::string> Registry::damage() {
    std::vector<std::string> found = database_.damage();
    database_.read([&](soci::session& session) {
        for (std::string& line : persona_damage(session)) found.push_back(std::move(line));
    });
    for (const ConceptVersion& version : list()) {
        for (const StoredArtefact& file : version.files) {
            const std::string& sha256 = file.content.sha256;
            const std::string what = version_name(version.name, version.version) + ": " + file.file_name + " (" +
                                     files_.path_of(sha256).string() + ")";
            if (!files_.holds(sha256)) {
                found.push_back(what + " is missing");
            } else if (identify_content(files_.path_of(sha256)).sha256 != sha256) {
                found.push_back(what + " is not what was added");
            }
        }
    }
    return found;
}

// Whoever adds holds the writer's lock from its last look at a file until a row names it. Whoever copies files holds
// the folder's lock, and leaves the sweeping to the next one.
void Registry::sweep() {
    std::error_code none;
    if (!fs::is_directory(files_.folder(), none)) return;
    try {
        const FolderLock alone(files_.folder());
        database_.write([&](soci::session& session) {
            files_.sweep([&](const std::string& sha256) { return has_artefact(session, sha256); });
        });
    } catch (const Error&) {  // unwanted files harm nobody, and the removal itself is done
    }
}

}  // namespace contrans
