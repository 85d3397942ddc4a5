#include "contrans/registry/schema.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/error.h"

namespace contrans {
namespace {

// Types that SQLite and PostgreSQL both know; whole numbers are BIGINT, which SOCI reads as 64 bits (INTEGER as 32).
// Keys are names, hashes and numbers given by us: no database's own counters. Times are microseconds since 1970, UTC.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE concepts (
    name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    last_version BIGINT NOT NULL
);
CREATE TABLE versions (
    name TEXT NOT NULL REFERENCES concepts (name),
    version BIGINT NOT NULL,
    author TEXT NOT NULL,
    added BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE TABLE artefacts (
    sha256 TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    source_fingerprint TEXT NOT NULL,
    source_name TEXT NOT NULL,
    target_fingerprint TEXT NOT NULL,
    target_name TEXT NOT NULL
);
CREATE TABLE artefact_facts (
    sha256 TEXT NOT NULL REFERENCES artefacts (sha256) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (sha256, place)
);
CREATE TABLE version_files (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    place BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES artefacts (sha256),
    PRIMARY KEY (name, version, place),
    FOREIGN KEY (name, version) REFERENCES versions (name, version) ON DELETE CASCADE
);
CREATE INDEX version_files_by_content ON version_files (sha256);
CREATE TABLE tags (
    name TEXT NOT NULL,
    tag TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (name, tag),
    FOREIGN KEY (name, version) REFERENCES versions (name, version)
);
CREATE TABLE audit (
    place BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    version TEXT NOT NULL,
    dose TEXT NOT NULL,
    layers TEXT NOT NULL,
    rollout TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE audit_ends (
    which TEXT PRIMARY KEY,
    place BIGINT NOT NULL,
    hash TEXT NOT NULL
);
)sql";

constexpr std::string_view kVersion2 = R"sql(
CREATE TABLE rollouts (
    name TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    plan_sha256 TEXT NOT NULL,
    state TEXT NOT NULL,
    stage BIGINT NOT NULL,
    author TEXT NOT NULL,
    changed BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    alarm TEXT NOT NULL
);
CREATE TABLE rollout_approvals (
    rollout TEXT NOT NULL REFERENCES rollouts (name),
    plan_sha256 TEXT NOT NULL,
    step BIGINT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (rollout, plan_sha256, step, actor)
);
CREATE TABLE rollout_outcomes (
    rollout TEXT NOT NULL REFERENCES rollouts (name),
    stage BIGINT NOT NULL,
    gate TEXT NOT NULL,
    unit TEXT NOT NULL,
    at BIGINT NOT NULL,
    arm TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (rollout, stage, gate, unit)
);
CREATE TABLE rollout_tallies (
    rollout TEXT NOT NULL REFERENCES rollouts (name),
    stage BIGINT NOT NULL,
    gate TEXT NOT NULL,
    arm TEXT NOT NULL,
    n BIGINT NOT NULL,
    total DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (rollout, stage, gate, arm)
);
CREATE TABLE rollout_answers (
    id TEXT PRIMARY KEY,
    rollout TEXT NOT NULL REFERENCES rollouts (name),
    stage BIGINT NOT NULL,
    unit TEXT NOT NULL,
    arm TEXT NOT NULL,
    at BIGINT NOT NULL
);
)sql";

// Answers of a rollout's treatment by the bin of their mean projection (drift.h), and where drift was seen.
constexpr std::string_view kVersion3 = R"sql(
CREATE TABLE rollout_projections (
    rollout TEXT NOT NULL REFERENCES rollouts (name),
    stage BIGINT NOT NULL,
    concept TEXT NOT NULL,
    bin BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (rollout, stage, concept, bin)
);
CREATE TABLE rollout_drifts (
    rollout TEXT NOT NULL REFERENCES rollouts (name),
    stage BIGINT NOT NULL,
    concept TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (rollout, stage, concept)
);
)sql";

constexpr std::string_view kVersion4 = R"sql(
CREATE TABLE personas (
    name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    last_version BIGINT NOT NULL
);
CREATE TABLE persona_versions (
    name TEXT NOT NULL REFERENCES personas (name),
    version BIGINT NOT NULL,
    author TEXT NOT NULL,
    saved BIGINT NOT NULL,
    note TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE TABLE persona_concepts (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    place BIGINT NOT NULL,
    concept TEXT NOT NULL,
    concept_version BIGINT NOT NULL,
    dose DOUBLE PRECISION NOT NULL,
    operator TEXT NOT NULL,
    tokens TEXT NOT NULL,
    PRIMARY KEY (name, version, place),
    FOREIGN KEY (name, version) REFERENCES persona_versions (name, version) ON DELETE CASCADE
);
)sql";

// One a version, in order: never changed once released, only added to.
constexpr std::array<std::string_view, kSchemaVersion> kMigrations = {kVersion1, kVersion2, kVersion3, kVersion4};

std::vector<std::string> table_names(soci::session& session) {
    std::vector<std::string> names(64);
    session.get_table_names(), soci::into(names);
    return names;
}

/// Statements end with ";" at the end of a line.
void run_statements(soci::session& session, std::string_view text) {
    for (std::size_t end = 0; (end = text.find(";\n")) != std::string_view::npos; text.remove_prefix(end + 2)) {
        session << std::string(text.substr(0, end));
    }
}

}  // namespace

int schema_version(soci::session& session, const std::string& where) {
    const std::vector<std::string> tables = table_names(session);
    if (tables.empty()) return 0;
    if (std::find(tables.begin(), tables.end(), "schema_version") == tables.end()) {
        throw Error(ErrorKind::format,
                    where + ": holds other tables (" + tables.front() + ", …) and is no registry of contrans");
    }
    long long version = 0;
    session << "SELECT version FROM schema_version", soci::into(version);
    return static_cast<int>(version);
}

void bring_up_to_date(soci::session& session, const std::string& where) {
    const int found = schema_version(session, where);
    if (found > kSchemaVersion) {
        throw Error(ErrorKind::format, where + ": its tables are of version " + std::to_string(found) +
                                           " and this program knows up to " + std::to_string(kSchemaVersion) +
                                           "; use the contrans that made them, or a newer one");
    }
    if (found == 0) {
        session << "CREATE TABLE schema_version (version BIGINT NOT NULL)";
        session << "INSERT INTO schema_version (version) VALUES (0)";
    }
    for (int next = found; next < kSchemaVersion; ++next) {
        run_statements(session, kMigrations[static_cast<std::size_t>(next)]);
    }
    const long long now = kSchemaVersion;
    session << "UPDATE schema_version SET version = :version", soci::use(now, "version");
}

}  // namespace contrans
