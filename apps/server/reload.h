#pragma once

#include <filesystem>
#include <string>

#include "apps/server/key_ring.h"
#include "apps/server/serving_audit.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::server {

/// What may change while a server runs.
struct Reloadable {
    std::filesystem::path key_file;  ///< empty: keys stay as they are
    std::filesystem::path vectors;   ///< empty: no folder
    KeyRing& keys;
    ConceptShelf& shelf;
    ServingAudit* audit = nullptr;  ///< null: none is kept
};

/// Reads keys and vectors anew: files that are new or changed are offered, concepts whose file is gone are not any
/// more. Everything is read before anything changes. Throws what ApiKeys::read, ConceptShelf::read and the audit log
/// throw: then all is as before, but for vectors that were recorded already. @return what changed, for the log
std::string reload(const Reloadable& server);

}  // namespace contrans::server
