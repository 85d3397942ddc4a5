#include "apps/server/serving_personas.h"

#include <utility>

#include "contrans/core/error.h"
#include "contrans/registry/registry_location.h"

namespace contrans::server {
namespace {

constexpr std::size_t kMostKept = 4096;

PersonaStore open_store(const std::filesystem::path& registry) {
    return PersonaStore(Database(registry_backend(registry, OpenMode::existing)));
}

}  // namespace

ServingPersonas::ServingPersonas(Options options)
    : options_(std::move(options)), writer_(open_store(options_.registry)), reader_(open_store(options_.registry)) {}

std::shared_ptr<const PersonaVersion> ServingPersonas::find(const VersionReference& reference) {
    const std::string key = version_name(folded_name(reference.name), reference.version);
    if (Found kept = kept_within(key, options_.age)) return kept;
    const std::lock_guard lock(reading_);
    if (Found kept = kept_within(key, options_.age)) return kept;  // somebody else has read it meanwhile
    try {
        return read(key, reference);
    } catch (const Error&) {
        if (Found kept = kept_within(key, options_.blind_time)) return kept;
        throw;
    }
}

void ServingPersonas::look(const std::function<void(PersonaStore&)>& step) {
    const std::lock_guard lock(reading_);
    step(reader_);
}

void ServingPersonas::with_store(const std::function<void(PersonaStore&)>& step) {
    {
        const std::lock_guard lock(writing_);
        step(writer_);
    }
    const std::scoped_lock lock(reading_, mutex_);
    kept_.clear();
}

ServingPersonas::Found ServingPersonas::kept_within(const std::string& key, std::chrono::milliseconds age) const {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(key);
    return found != kept_.end() && Clock::now() - found->second.read < age ? found->second.version : nullptr;
}

ServingPersonas::Found ServingPersonas::read(const std::string& key, const VersionReference& reference) {
    const Clock::time_point began = Clock::now();
    auto found = reader_.find(reference);
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= kMostKept) kept_.clear();
    if (!found) {
        kept_.erase(key);
        return nullptr;
    }
    auto version = std::make_shared<const PersonaVersion>(*std::move(found));
    kept_[key] = {version, began};
    return version;
}

}  // namespace contrans::server
