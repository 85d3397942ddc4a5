#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "apps/server/request_log.h"
#include "contrans/core/progress.h"
#include "contrans/registry/audit_check.h"
#include "contrans/registry/audit_writer.h"
#include "contrans/registry/registry.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::server {

/// Whether the audit log keeps what was asked. Answers are never kept.
enum class AuditedText { none, prompts };

struct AuditPage {
    std::vector<AuditRecord> records;  ///< newest first
    bool more = false;                 ///< there are older ones that were asked for
};

/// What the audit log is told of a server: its begin and end, concepts that are loaded and unloaded, and every request
/// for an answer that was not turned away for its key. Thread-safe.
class ServingAudit {
public:
    /// Opens or makes the registry. @param actor  of the server's own records; @param on_trouble  gets a line when the
    /// log cannot be written. Throws what Registry throws.
    ServingAudit(const std::filesystem::path& registry, const std::string& actor, AuditedText text,
                 std::function<void(const std::string&)> on_trouble);

    // These are on the disk when they return. Throw what Database throws; then what they tell of must not be done.
    void record_start(const std::string& model, const std::string& address, const ConceptShelf& shelf);
    /// Something that a server without a shelf did by itself. @param action  "gateway.start"
    void record_own(const std::string& action, const std::string& detail);
    void record_load(const ServedConcept& served, const std::string& key_name);
    void record_unload(const ServedConcept& served, const std::string& key_name);

    /// The registry's name of a concept on the shelf, "polite@2"; of a file that is not in it "sha256:" and 16 digits.
    [[nodiscard]] std::string version_name_of(const ServedConcept& served);

    // These return at once, and are in the log within a moment and before the destructor returns.
    void record_request(const RequestRecord& record);
    void record_end(const std::string& action = "serve.end");
    /// Throws RequestError 503 where so many records wait that no answer should be given any more.
    void require_keeping_up() const;

    // These read the log over a connection of their own, so that nobody waits for them. A record is there within a
    // moment of what it tells. Throw what Database throws.
    [[nodiscard]] AuditPage newest(const AuditFilter& filter) const;
    /// Checks the chain, one call at a time: throws RequestError 429 while another is at it, and what the run throws.
    [[nodiscard]] AuditCheck check(const RunContext& run) const;

    [[nodiscard]] bool keeps_prompts() const { return text_ == AuditedText::prompts; }

private:
    [[nodiscard]] std::string version_of(const std::string& name, const std::string& sha256);
    [[nodiscard]] AuditEvent own_event(const std::string& action) const;
    [[nodiscard]] AuditEvent concept_event(const std::string& action, const ServedConcept& served,
                                           const std::string& key_name);

    std::filesystem::path folder_;
    std::string actor_;
    AuditedText text_;
    mutable std::mutex checking_;  // held by the one check
    std::mutex mutex_;
    Registry registry_;                            // for versions
    std::map<std::string, std::string> versions_;  // by sha256, of what was ever loaded
    AuditWriter writer_;
};

/// The event of a request; its version fields are filled in by `version_of`.
[[nodiscard]] AuditEvent request_event(
    const RequestRecord& record,
    const std::function<std::string(const std::string& name, const std::string& sha256)>& version_of);

}  // namespace contrans::server
