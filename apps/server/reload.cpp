#include "apps/server/reload.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace contrans::server {
namespace {

using Served = std::shared_ptr<const ServedConcept>;

bool is_there(const ConceptShelf& shelf, const Served& fresh) {
    const Served old = shelf.find(fresh->name);
    return old && old->sha256 == fresh->sha256;
}

std::vector<Served> fresh_vectors(const Reloadable& server) {
    std::vector<Served> fresh;
    if (server.vectors.empty()) return fresh;
    for (const std::filesystem::path& file : vector_files(server.vectors)) {
        Served read = server.shelf.read(file);
        if (!is_there(server.shelf, read)) fresh.push_back(std::move(read));
    }
    return fresh;
}

std::vector<Served> gone_vectors(const Reloadable& server) {
    std::vector<Served> gone;
    for (const Served& served : server.shelf.list()) {
        if (!std::filesystem::exists(served->file)) gone.push_back(served);
    }
    return gone;
}

}  // namespace

std::string reload(const Reloadable& server) {
    std::optional<ApiKeys> keys;
    if (!server.key_file.empty()) keys = ApiKeys::read(server.key_file);
    const std::vector<Served> fresh = fresh_vectors(server);
    const std::vector<Served> gone = gone_vectors(server);
    for (const Served& served : fresh) {
        if (server.audit != nullptr) server.audit->record_load(*served, "");
        server.shelf.offer(served);
    }
    for (const Served& served : gone) {
        if (server.audit != nullptr) server.audit->record_unload(*served, "");
        (void)server.shelf.unload(served->name);
    }
    if (keys) server.keys.replace(std::move(*keys));
    return std::to_string(fresh.size()) + " vectors loaded, " + std::to_string(gone.size()) + " unloaded" +
           (server.key_file.empty() ? "" : ", keys read");
}

}  // namespace contrans::server
