#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "apps/server/serving.h"
#include "contrans/runtime/model.h"
#include "tests/core/temporary_folder.h"
#include "tests/server/http_client.h"

namespace contrans::testing {

/// A folder with a tiny model, tiny.gguf, that has a chat template; vectors/happy.gguf, vectors/polite.gguf and
/// vectors/loud.gguf for it (usual dose 0.5, strong enough to change what it writes), happy.controls.gguf beside them;
/// strange/other.gguf, a vector of another model, and strange/words.gguf, which is none.
class ServingFolder {
public:
    ServingFolder();
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
    [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

private:
    TemporaryFolder folder_;
};

/// A server in this process, listening on a free port while this lives.
class ServingBench {
public:
    explicit ServingBench(const std::function<void(server::ServingOptions&)>& change = {});
    ~ServingBench();
    ServingBench(const ServingBench&) = delete;
    ServingBench& operator=(const ServingBench&) = delete;

    [[nodiscard]] const std::string& address() const { return listening_.address; }
    [[nodiscard]] const ServingFolder& folder() const { return folder_; }
    [[nodiscard]] HttpAnswer get(const std::string& path, const std::string& headers = "") const;
    [[nodiscard]] HttpAnswer post(const std::string& path, const nlohmann::json& body,
                                  const std::string& headers = "") const;
    /// A plain completion of "The weather is": greedy, 12 tokens, with these fields beside or instead.
    [[nodiscard]] HttpAnswer complete(const nlohmann::json& fields = nlohmann::json::object()) const;
    [[nodiscard]] std::string text(const nlohmann::json& fields = nlohmann::json::object()) const;
    /// A value of the scheduler in /metrics.
    [[nodiscard]] double metric(const std::string& name) const;
    /// Waits up to half a minute for it.
    [[nodiscard]] bool metric_becomes(const std::string& name, double value) const;
    /// Asks the server to end; does not wait.
    void stop() { thread_.request_stop(); }
    void join() { thread_.join(); }

private:
    ServingFolder folder_;
    server::Listening listening_;
    std::jthread thread_;
};

/// The fields of ServingBench::complete.
[[nodiscard]] nlohmann::json completion_body(const nlohmann::json& fields = nlohmann::json::object());
/// A chat request with one user's message.
[[nodiscard]] nlohmann::json chat_body(const nlohmann::json& fields = nlohmann::json::object());

}  // namespace contrans::testing
