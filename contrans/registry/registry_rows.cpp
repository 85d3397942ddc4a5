#include "contrans/registry/registry_rows.h"

#include <soci/soci.h>

namespace contrans {
namespace {

std::vector<ArtefactFact> read_facts(soci::session& session, const std::string& sha256) {
    std::vector<ArtefactFact> facts;
    ArtefactFact fact;
    soci::statement select =
        (session.prepare << "SELECT name, value FROM artefact_facts WHERE sha256 = :sha256 ORDER BY place",
         soci::use(sha256, "sha256"), soci::into(fact.name), soci::into(fact.value));
    select.execute();
    while (select.fetch()) facts.push_back(fact);
    return facts;
}

std::vector<StoredArtefact> read_files(soci::session& session, const std::string& name, long long version) {
    std::vector<StoredArtefact> files;
    StoredArtefact file;
    std::string kind;
    long long bytes = 0;
    ArtefactDescription& about = file.description;
    soci::statement select =
        (session.prepare << "SELECT f.file_name, f.sha256, a.kind, a.bytes, a.source_fingerprint, a.source_name, "
                            "a.target_fingerprint, a.target_name FROM version_files f JOIN artefacts a "
                            "ON a.sha256 = f.sha256 WHERE f.name = :name AND f.version = :version ORDER BY f.place",
         soci::use(name, "name"), soci::use(version, "version"), soci::into(file.file_name),
         soci::into(file.content.sha256), soci::into(kind), soci::into(bytes), soci::into(about.source.fingerprint),
         soci::into(about.source.name), soci::into(about.target.fingerprint), soci::into(about.target.name));
    select.execute();
    while (select.fetch()) {
        about.kind = parse_artefact_kind(kind);
        file.content.bytes = static_cast<std::uint64_t>(bytes);
        files.push_back(file);
    }
    for (StoredArtefact& each : files) each.description.facts = read_facts(session, each.content.sha256);
    return files;
}

std::vector<std::string> read_tags(soci::session& session, const std::string& name, long long version) {
    std::vector<std::string> tags;
    std::string tag;
    soci::statement select =
        (session.prepare << "SELECT tag FROM tags WHERE name = :name AND version = :version ORDER BY tag",
         soci::use(name, "name"), soci::use(version, "version"), soci::into(tag));
    select.execute();
    while (select.fetch()) tags.push_back(tag);
    return tags;
}

void insert_artefact(soci::session& session, const StoredArtefact& file) {
    if (has_artefact(session, file.content.sha256)) return;
    const ArtefactDescription& about = file.description;
    const std::string kind = to_string(about.kind);
    const auto bytes = static_cast<long long>(file.content.bytes);
    session << "INSERT INTO artefacts (sha256, kind, bytes, source_fingerprint, source_name, target_fingerprint, "
               "target_name) VALUES (:sha256, :kind, :bytes, :sf, :sn, :tf, :tn)",
        soci::use(file.content.sha256, "sha256"), soci::use(kind, "kind"), soci::use(bytes, "bytes"),
        soci::use(about.source.fingerprint, "sf"), soci::use(about.source.name, "sn"),
        soci::use(about.target.fingerprint, "tf"), soci::use(about.target.name, "tn");
    long long place = 0;
    for (const ArtefactFact& fact : about.facts) {
        session << "INSERT INTO artefact_facts (sha256, place, name, value) VALUES (:sha256, :place, :name, :value)",
            soci::use(file.content.sha256, "sha256"), soci::use(place, "place"), soci::use(fact.name, "name"),
            soci::use(fact.value, "value");
        ++place;
    }
}

}  // namespace

std::vector<ConceptVersion> read_versions(soci::session& session, const std::string& name) {
    std::vector<ConceptVersion> versions;
    ConceptVersion row;
    long long number = 0, added = 0;
    soci::statement select =
        (session.prepare << "SELECT v.name, v.version, c.owner, v.author, v.added, v.note FROM versions v "
                            "JOIN concepts c ON c.name = v.name WHERE :name = '' OR v.name = :name "
                            "ORDER BY v.name, v.version",
         soci::use(name, "name"), soci::into(row.name), soci::into(number), soci::into(row.owner),
         soci::into(row.author), soci::into(added), soci::into(row.note));
    select.execute();
    while (select.fetch()) {
        row.version = number;
        row.added = added;
        versions.push_back(row);
    }
    for (ConceptVersion& each : versions) {
        each.files = read_files(session, each.name, each.version);
        each.tags = read_tags(session, each.name, each.version);
    }
    return versions;
}

void insert_version(soci::session& session, const ConceptVersion& version) {
    const long long number = version.version, added = version.added;
    session << "INSERT INTO versions (name, version, author, added, note) VALUES (:name, :version, :author, :added, "
               ":note)",
        soci::use(version.name, "name"), soci::use(number, "version"), soci::use(version.author, "author"),
        soci::use(added, "added"), soci::use(version.note, "note");
    long long place = 0;
    for (const StoredArtefact& file : version.files) {
        insert_artefact(session, file);
        session << "INSERT INTO version_files (name, version, place, file_name, sha256) VALUES (:name, :version, "
                   ":place, :file, :sha256)",
            soci::use(version.name, "name"), soci::use(number, "version"), soci::use(place, "place"),
            soci::use(file.file_name, "file"), soci::use(file.content.sha256, "sha256");
        ++place;
    }
}

void delete_version(soci::session& session, const std::string& name, std::int64_t version) {
    const long long number = version;
    session << "DELETE FROM versions WHERE name = :name AND version = :version", soci::use(name, "name"),
        soci::use(number, "version");
    session << "DELETE FROM artefacts WHERE sha256 NOT IN (SELECT sha256 FROM version_files)";
}

std::optional<std::int64_t> find_tag(soci::session& session, const std::string& name, const std::string& tag) {
    long long version = 0;
    session << "SELECT version FROM tags WHERE name = :name AND tag = :tag", soci::use(name, "name"),
        soci::use(tag, "tag"), soci::into(version);
    return session.got_data() ? std::optional<std::int64_t>(version) : std::nullopt;
}

void put_tag(soci::session& session, const std::string& name, const std::string& tag, std::int64_t version) {
    const long long number = version;
    delete_tag(session, name, tag);
    session << "INSERT INTO tags (name, tag, version) VALUES (:name, :tag, :version)", soci::use(name, "name"),
        soci::use(tag, "tag"), soci::use(number, "version");
}

void delete_tag(soci::session& session, const std::string& name, const std::string& tag) {
    session << "DELETE FROM tags WHERE name = :name AND tag = :tag", soci::use(name, "name"), soci::use(tag, "tag");
}

std::string find_version_with(soci::session& session, const std::string& sha256) {
    std::string name;
    long long version = 0;
    session << "SELECT v.name, v.version FROM version_files f JOIN versions v ON v.name = f.name AND "
               "v.version = f.version WHERE f.sha256 = :sha256 ORDER BY v.added DESC, v.version DESC LIMIT 1",
        soci::use(sha256, "sha256"), soci::into(name), soci::into(version);
    return session.got_data() ? version_name(name, version) : "";
}

bool has_artefact(soci::session& session, const std::string& sha256) {
    long long count = 0;
    session << "SELECT COUNT(*) FROM artefacts WHERE sha256 = :sha256", soci::use(sha256, "sha256"), soci::into(count);
    return count > 0;
}

}  // namespace contrans
