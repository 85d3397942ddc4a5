#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace soci {
class session;
}

namespace contrans {

// Names with an owner and numbered versions, as concepts and personas both are: each runs inside of the caller's
// transaction.

/// Where they are kept, and how refusals speak of them.
struct OwnedKind {
    const char* names;     ///< table: name, folded, owner, last_version
    const char* versions;  ///< table that has a row a version, with its name
    const char* area;      ///< "persona: "
    const char* noun;      ///< "a concept ", before a name
};
inline constexpr OwnedKind kConcepts{"concepts", "versions", "registry: ", "a concept "};
inline constexpr OwnedKind kPersonas{"personas", "persona_versions", "persona: ", ""};

struct OwnedName {
    std::string name;
    std::string owner;
    std::int64_t last_version = 0;  ///< the highest number that was ever given
    std::int64_t versions = 0;      ///< that are there now
};

/// The one whose name folds alike; nothing: none.
[[nodiscard]] std::optional<OwnedName> find_owned(soci::session& session, const OwnedKind& kind,
                                                  const std::string& name);
void put_owned(soci::session& session, const OwnedKind& kind, const OwnedName& row);

/// The row that a version of that name goes to, its owner filled in: of a name that is new, or has no version any more,
/// `owner`, else who has it. @param owner  empty: the actor, or who has it. Throws Error{argument} for another owner's
/// name and one that differs from a name in capitals alone.
[[nodiscard]] OwnedName owned_name_for(soci::session& session, const OwnedKind& kind, const std::string& name,
                                       const std::string& owner, const std::string& actor);
/// The same of what is imported: name and owner must be those that are here.
[[nodiscard]] OwnedName imported_name_for(soci::session& session, const OwnedKind& kind, const std::string& name,
                                          const std::string& owner);

}  // namespace contrans
