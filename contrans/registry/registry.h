#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/registry/artefact_description.h"
#include "contrans/registry/audit_log.h"
#include "contrans/registry/database.h"
#include "contrans/registry/file_store.h"
#include "contrans/registry/names.h"
#include "contrans/registry/persona.h"

namespace contrans {

/// A file of a version.
struct StoredArtefact {
    std::string file_name;  ///< as it was added, without its folder
    ContentIdentity content;
    ArtefactDescription description;
};

/// One version of a concept: never changed, only removed.
struct ConceptVersion {
    std::string name;
    std::int64_t version = 0;
    std::string owner;   ///< of the concept
    std::string author;  ///< who added this version
    Microseconds added = 0;
    std::string note;
    std::vector<StoredArtefact> files;
    std::vector<std::string> tags;  ///< that point here, in their order
};

struct NewVersion {
    std::string name;
    std::vector<std::filesystem::path> files;
    std::string owner;  ///< of a concept that is new; else must be its owner. Empty: the actor, or its owner
    std::string note;   ///< empty: none
};

/// What goes from one registry to another.
struct RegistryContents {
    std::vector<ConceptVersion> versions;
    std::vector<PersonaVersion> personas;
};

struct RegistryOptions {
    OpenMode mode = OpenMode::existing;
    std::string actor;                                  ///< who is named in the audit log
    std::function<Microseconds()> clock = system_time;  ///< for the times of versions and records
};

/// What a team shares: concepts in versions, each a set of files, and the audit log of every change. Personas and
/// rollouts lie in the same database (persona_store.h, rollout_store.h).
///
/// FOLDER/registry.db holds the rows, FOLDER/files the contents. Every change is one transaction with its audit record:
/// a file is on the disk before a row names it, and removed after none does. Several processes may use one folder; one
/// thread at a time an object. All throw what Database throws.
class Registry {
public:
    /// Throws Error{io} where there is none and none is to be made.
    explicit Registry(const std::filesystem::path& folder, RegistryOptions options);

    /// Adds the next version. Throws Error{argument} for a name, owner or note that breaks its rule, a name that
    /// another owner has or that differs from one in capitals alone, a file twice, or files that are the newest
    /// version's; what describe_artefact() throws. Then nothing was changed.
    ConceptVersion add(const NewVersion& added);
    /// All versions, by name and number.
    [[nodiscard]] std::vector<ConceptVersion> list();
    /// Throws Error{argument} where there is none.
    [[nodiscard]] ConceptVersion show(const VersionReference& reference);
    /// The newest version that holds a content, "happy@2"; empty: none.
    [[nodiscard]] std::string version_with(const std::string& sha256);
    /// Points a tag to a version, away from where it pointed. Throws Error{argument}.
    void tag(const VersionReference& reference, const std::string& tag);
    /// Throws Error{argument} where the concept has no such tag.
    void remove_tag(const std::string& name, const std::string& tag);
    /// Removes one version, or all of a concept that is named alone; versions that follow get new numbers. Throws
    /// Error{argument} where there is none or a tag points there. @return how many versions
    std::size_t remove(const VersionReference& reference);

    /// Adds versions of concepts and personas as they were numbered elsewhere, with the tags that are not there yet.
    /// @param files  where each content lies, by sha256. Those that are here already are left alone. Throws
    /// Error{argument} where a number has other files, or says something else, here, or a name another owner; then
    /// nothing was changed. @return those that were added
    RegistryContents take(const RegistryContents& contents, const std::map<std::string, std::filesystem::path>& files);

    /// A copy of one moment in a folder that must not be there yet. Throws Error{argument} where it is, Error{io}.
    void back_up(const std::filesystem::path& folder);
    /// What is wrong with the database, the files or the personas; empty: nothing.
    [[nodiscard]] std::vector<std::string> damage();

    [[nodiscard]] const FileStore& files() const { return files_; }
    [[nodiscard]] Database& database() { return database_; }
    [[nodiscard]] Microseconds now() const { return options_.clock(); }
    [[nodiscard]] const std::string& actor() const { return options_.actor; }

private:
    void record(soci::session& session, const std::string& action, const std::string& name, const std::string& version,
                const std::string& detail);
    void put_files(const std::vector<StoredArtefact>& artefacts,
                   const std::map<std::string, std::filesystem::path>& at);
    void sweep();

    RegistryOptions options_;
    FileStore files_;
    Database database_;
};

}  // namespace contrans
