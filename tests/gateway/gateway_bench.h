#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "apps/gateway/gateway.h"
#include "contrans/registry/audit_record.h"
#include "contrans/registry/rollout_store.h"
#include "tests/core/becomes.h"
#include "tests/core/temporary_folder.h"
#include "tests/gateway/scripted_engine.h"
#include "tests/server/http_client.h"

namespace contrans::testing {

inline const std::string kAnna = "Authorization: Bearer aaaaaaaaaaaaaaaa\r\n";  // may do everything
inline const std::string kBob = "Authorization: Bearer bbbbbbbbbbbbbbbb\r\n";   // likewise
inline const std::string kCaller = "Authorization: Bearer cccccccccccccccc\r\n";

/// upstreams.json of a model "gemma" with these engines.
[[nodiscard]] nlohmann::json upstreams_json(const std::vector<nlohmann::json>& engines);
[[nodiscard]] nlohmann::json engine_json(const std::string& name, const std::string& url,
                                         const nlohmann::json& concepts = nlohmann::json::array());
/// [{"concept": "happy", "dose": 0.5}], the treatment of plan_json().
[[nodiscard]] nlohmann::json happy_mix();

/// A gateway in this process with a registry and keys, listening on a free port while this lives.
class GatewayBench {
public:
    explicit GatewayBench(const nlohmann::json& upstreams,
                          const std::function<void(gateway::GatewayOptions&)>& change = {});
    ~GatewayBench() { stop(); }
    GatewayBench(const GatewayBench&) = delete;
    GatewayBench& operator=(const GatewayBench&) = delete;

    [[nodiscard]] const std::string& address() const { return listening_.address; }
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] HttpAnswer get(const std::string& path, const std::string& headers = kAnna) const;
    [[nodiscard]] HttpAnswer post(const std::string& path, const nlohmann::json& body,
                                  const std::string& headers = kCaller) const;
    /// A chat request of "Hello" with these fields.
    [[nodiscard]] HttpAnswer chat(const nlohmann::json& fields = nlohmann::json::object(),
                                  const std::string& headers = kCaller) const;
    /// A stream of the same, on a connection of the test's.
    void begin_stream(Wire& wire, const nlohmann::json& fields, const std::string& headers = kCaller) const;
    /// Plans and starts it.
    void begin(const nlohmann::ordered_json& plan) const;
    [[nodiscard]] HttpAnswer step(const std::string& name, const std::string& step,
                                  const std::string& headers = kAnna) const;
    void write_upstreams(const nlohmann::json& upstreams) const;
    /// What SIGHUP does; returns when the files were taken or refused.
    void reload();
    [[nodiscard]] RolloutStore store() const;
    /// After stop(): the audit log's records of an action, oldest first; expects the chain to hold.
    [[nodiscard]] std::vector<AuditRecord> audited(const std::string& action) const;
    /// Ends the gateway; returns when all is recorded.
    void stop();

private:
    TemporaryFolder folder_;
    std::atomic<bool> wanted_ = false;
    std::atomic<std::size_t> polls_ = 0;  // a poll comes when the reload of the one before is over
    gateway::Listening listening_;
    std::jthread thread_;
};

/// "treatment", "control" or "none".
[[nodiscard]] std::string arm_of(const nlohmann::json& answer);

}  // namespace contrans::testing
