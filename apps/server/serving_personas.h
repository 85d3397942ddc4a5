#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "contrans/registry/persona_store.h"

namespace contrans::server {

/// The personas of a server's registry, as requests name them. What was read is used for `age`, so that requests do not
/// read the database each; what another server or `contrans persona` changes is seen after that, what this server
/// changes at once. Thread-safe.
class ServingPersonas {
public:
    struct Options {
        std::filesystem::path registry;
        std::chrono::milliseconds age{50};
        /// So long what was read is used where the registry cannot be read.
        std::chrono::milliseconds blind_time{10'000};
    };

    /// Throws what Database throws.
    explicit ServingPersonas(Options options);

    /// Null: there is none. Throws what Database throws.
    [[nodiscard]] std::shared_ptr<const PersonaVersion> find(const VersionReference& reference);

    /// Runs `step`, which changes nothing, on the personas. Throws what it throws.
    void look(const std::function<void(PersonaStore&)>& step);
    /// Runs `step` on the personas; what it changed holds when this returns. Throws what it throws.
    void with_store(const std::function<void(PersonaStore&)>& step);

private:
    using Clock = std::chrono::steady_clock;
    using Found = std::shared_ptr<const PersonaVersion>;
    struct Kept {
        Found version;
        Clock::time_point read;
    };

    [[nodiscard]] Found kept_within(const std::string& key, std::chrono::milliseconds age) const;
    [[nodiscard]] Found read(const std::string& key, const VersionReference& reference);

    Options options_;
    std::mutex writing_;  // of writer_
    PersonaStore writer_;
    std::mutex reading_;  // of reader_, and held until what it read is kept
    PersonaStore reader_;
    mutable std::mutex mutex_;          // of kept_
    std::map<std::string, Kept> kept_;  // by folded name and number
};

}  // namespace contrans::server
