#include "contrans/registry/owned_names.h"

#include <soci/soci.h>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/names.h"

namespace contrans {
namespace {

[[noreturn]] void refuse(const OwnedKind& kind, const std::string& text) {
    throw Error(ErrorKind::argument, kind.area + text);
}

/// Who has it, or a row for whoever comes first: a name whose versions are all gone belongs to nobody.
OwnedName kept_or_new(soci::session& session, const OwnedKind& kind, const std::string& name,
                      const std::string& owner) {
    const auto found = find_owned(session, kind, name);
    if (found && found->versions > 0) return *found;
    return {name, owner, found ? found->last_version : 0, 0};
}

}  // namespace

std::optional<OwnedName> find_owned(soci::session& session, const OwnedKind& kind, const std::string& name) {
    const std::string folded = folded_name(name);
    OwnedName row;
    long long last = 0, versions = 0;
    session << std::string("SELECT name, owner, last_version FROM ") + kind.names + " WHERE folded = :folded",
        soci::use(folded, "folded"), soci::into(row.name), soci::into(row.owner), soci::into(last);
    if (!session.got_data()) return std::nullopt;
    session << std::string("SELECT COUNT(*) FROM ") + kind.versions + " WHERE name = :name",
        soci::use(row.name, "name"), soci::into(versions);
    row.last_version = last;
    row.versions = versions;
    return row;
}

void put_owned(soci::session& session, const OwnedKind& kind, const OwnedName& row) {
    const std::string folded = folded_name(row.name), table = kind.names;
    const long long last = row.last_version;
    const std::string statement =
        find_owned(session, kind, row.name)
            ? "UPDATE " + table + " SET name = :name, owner = :owner, last_version = :last WHERE folded = :folded"
            : "INSERT INTO " + table + " (name, owner, last_version, folded) VALUES (:name, :owner, :last, :folded)";
    session << statement, soci::use(row.name, "name"), soci::use(row.owner, "owner"), soci::use(last, "last"),
        soci::use(folded, "folded");
}

OwnedName owned_name_for(soci::session& session, const OwnedKind& kind, const std::string& name,
                         const std::string& owner, const std::string& actor) {
    OwnedName row = kept_or_new(session, kind, name, owner.empty() ? actor : owner);
    if (row.name != name) {
        refuse(kind, "there is " + (kind.noun + in_quotes(row.name)) +
                         ", and names that differ in capitals alone are not told apart, got " + in_quotes(name));
    }
    if (!owner.empty() && owner != row.owner) {
        refuse(kind, in_quotes(name) + " belongs to " + in_quotes(row.owner) + "; got owner " + in_quotes(owner));
    }
    return row;
}

OwnedName imported_name_for(soci::session& session, const OwnedKind& kind, const std::string& name,
                            const std::string& owner) {
    OwnedName row = kept_or_new(session, kind, name, owner);
    if (row.name != name || row.owner != owner) {
        refuse(kind, "here " + in_quotes(row.name) + " belongs to " + in_quotes(row.owner) +
                         ", and in what is imported " + in_quotes(name) + " to " + in_quotes(owner));
    }
    return row;
}

}  // namespace contrans
