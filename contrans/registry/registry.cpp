#include "contrans/registry/registry.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/owned_names.h"
#include "contrans/registry/registry_location.h"
#include "contrans/registry/registry_rows.h"

namespace contrans {
namespace {

namespace fs = std::filesystem;
using Places = std::map<std::string, fs::path>;

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorKind::argument, "registry: " + text); }

/// The registry's folder, made where that is wanted.
const fs::path& present(const fs::path& folder, OpenMode mode) {
    std::error_code error;
    if (mode == OpenMode::create) fs::create_directories(folder, error);
    if (error) throw Error(ErrorKind::io, folder.string() + ": cannot be made: " + error.message());
    return folder;
}

bool same_files(const ConceptVersion& a, const ConceptVersion& b) {
    return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(),
                      [](const StoredArtefact& x, const StoredArtefact& y) {
                          return x.content.sha256 == y.content.sha256 && x.file_name == y.file_name;
                      });
}

std::vector<StoredArtefact> described(const std::vector<fs::path>& files, Places& places) {
    std::vector<StoredArtefact> artefacts;
    for (const fs::path& file : files) {
        StoredArtefact artefact{file.filename().string(), identify_content(file), describe_artefact(file)};
        if (!places.emplace(artefact.content.sha256, file).second)
            refuse(file.string() + ": its content is given twice");
        for (const StoredArtefact& other : artefacts) {
            if (other.file_name == artefact.file_name) refuse("two files are named " + in_quotes(other.file_name));
        }
        require_line(artefact.file_name, "a file's name", 255);
        artefacts.push_back(std::move(artefact));
    }
    return artefacts;
}

void require_news(const std::vector<ConceptVersion>& versions, const ConceptVersion& added) {
    if (versions.empty() || !same_files(versions.back(), added)) return;
    refuse(version_name(added.name, versions.back().version) + " holds the same files already");
}

const ConceptVersion& chosen(const std::vector<ConceptVersion>& versions, const VersionReference& reference) {
    if (versions.empty()) refuse("there is no concept " + in_quotes(reference.name));
    if (reference.version == 0 && reference.tag.empty()) return versions.back();
    const auto fits = [&](const ConceptVersion& each) {
        return reference.tag.empty() ? each.version == reference.version
                                     : std::find(each.tags.begin(), each.tags.end(), reference.tag) != each.tags.end();
    };
    const auto found = std::find_if(versions.begin(), versions.end(), fits);
    if (found != versions.end()) return *found;
    if (!reference.tag.empty()) refuse(in_quotes(reference.name) + " has no tag " + in_quotes(reference.tag));
    refuse("there is no " + version_name(reference.name, reference.version));
}

void require_untagged(const ConceptVersion& version) {
    if (version.tags.empty()) return;
    refuse(version_name(version.name, version.version) + " has the tag " + in_quotes(version.tags.front()) +
           "; move or remove it first (contrans registry tag)");
}

std::string files_text(const ConceptVersion& version) {
    std::string text;
    for (const StoredArtefact& file : version.files)
        text += (text.empty() ? "" : " ") + file.file_name + " sha256:" + file.content.sha256;
    return text;
}

}  // namespace

Registry::Registry(const fs::path& folder, RegistryOptions options)
    : options_(std::move(options)),
      files_(folder / "files"),
      database_(registry_backend(present(folder, options_.mode), options_.mode)) {}

void Registry::record(soci::session& session, const std::string& action, const std::string& name,
                      const std::string& version, const std::string& detail) {
    AuditEvent event;
    event.actor = audit_text(options_.actor, 128);
    event.action = action;
    event.subject = name;
    event.version = version;
    event.outcome = "done";
    event.detail = audit_text(detail);
    append_audit(session, now(), event);
}

void Registry::put_files(const std::vector<StoredArtefact>& artefacts, const Places& at) {
    for (const StoredArtefact& artefact : artefacts) files_.put(at.at(artefact.content.sha256), artefact.content);
}

ConceptVersion Registry::add(const NewVersion& added) {
    require_concept_name(added.name);
    if (!added.owner.empty()) require_line(added.owner, "an owner", 128);
    require_line(added.note, "a note", 1000);
    if (added.files.empty()) refuse("a version holds at least one file");
    Places places;
    ConceptVersion version{added.name, 0, "", options_.actor, now(), added.note, described(added.files, places), {}};
    put_files(version.files, places);  // most of the time goes here, before anybody has to wait
    database_.write([&](soci::session& session) {
        OwnedName row = owned_name_for(session, kConcepts, added.name, added.owner, options_.actor);
        require_news(read_versions(session, added.name), version);
        version.version = ++row.last_version;
        version.owner = row.owner;
        put_files(version.files, places);  // what was swept away in between
        put_owned(session, kConcepts, row);
        insert_version(session, version);
        record(session, "registry.add", version.name, std::to_string(version.version), files_text(version));
    });
    return version;
}

std::vector<ConceptVersion> Registry::list() {
    std::vector<ConceptVersion> versions;
    database_.read([&](soci::session& session) { versions = read_versions(session); });
    return versions;
}

ConceptVersion Registry::show(const VersionReference& reference) {
    std::vector<ConceptVersion> versions;
    database_.read([&](soci::session& session) { versions = read_versions(session, reference.name); });
    return chosen(versions, reference);
}

std::string Registry::version_with(const std::string& sha256) {
    std::string name;
    database_.read([&](soci::session& session) { name = find_version_with(session, sha256); });
    return name;
}

void Registry::tag(const VersionReference& reference, const std::string& tag) {
    require_tag(tag);
    database_.write([&](soci::session& session) {
        const ConceptVersion version = chosen(read_versions(session, reference.name), reference);
        put_tag(session, version.name, tag, version.version);
        record(session, "registry.tag", version.name, std::to_string(version.version), tag);
    });
}

void Registry::remove_tag(const std::string& name, const std::string& tag) {
    database_.write([&](soci::session& session) {
        const auto version = find_tag(session, name, tag);
        if (!version) refuse(in_quotes(name) + " has no tag " + in_quotes(tag));
        delete_tag(session, name, tag);
        record(session, "registry.untag", name, std::to_string(*version), tag);
    });
}

std::size_t Registry::remove(const VersionReference& reference) {
    std::vector<ConceptVersion> gone;
    database_.write([&](soci::session& session) {
        gone = read_versions(session, reference.name);
        const ConceptVersion one = chosen(gone, reference);
        if (reference.version != 0 || !reference.tag.empty()) gone = {one};
        for (const ConceptVersion& version : gone) {
            require_untagged(version);
            delete_version(session, version.name, version.version);
            record(session, "registry.remove", version.name, std::to_string(version.version), files_text(version));
        }
    });
    sweep();
    return gone.size();
}

}  // namespace contrans
