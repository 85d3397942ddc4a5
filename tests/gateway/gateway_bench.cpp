#include "tests/gateway/gateway_bench.h"

#include <soci/soci.h>

#include <chrono>
#include <fstream>
#include <future>

#include "contrans/registry/audit_check.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/registry_location.h"
#include "gtest/gtest.h"

namespace contrans::testing {
namespace {

using nlohmann::json;

constexpr const char* kKeys =
    "administer aaaaaaaaaaaaaaaa anna\nadminister bbbbbbbbbbbbbbbb bob\ncall cccccccccccccccc caller\n";

json chat_json(const json& fields) {
    json body = {{"model", "gemma"}, {"messages", {{{"role", "user"}, {"content", "Hello"}}}}};
    if (!fields.is_null()) body.update(fields);  // {} is null
    return body;
}

}  // namespace

json upstreams_json(const std::vector<json>& engines) {
    return {{"upstreams", 1}, {"model", "gemma"}, {"engines", engines}};
}

json engine_json(const std::string& name, const std::string& url, const json& concepts) {
    return {{"name", name}, {"url", url}, {"concepts", concepts}};
}

json happy_mix() { return json::array({{{"concept", "happy"}, {"dose", 0.5}}}); }

GatewayBench::GatewayBench(const json& upstreams, const std::function<void(gateway::GatewayOptions&)>& change) {
    write_upstreams(upstreams);
    gateway::GatewayOptions options;
    options.upstreams = file("upstreams.json");
    options.registry = file("registry");
    options.actor = "tester";
    options.keys = server::ApiKeys::parse(kKeys, "keys");
    options.reload_wanted = [this] {
        ++polls_;
        return wanted_.exchange(false);
    };
    options.log = server::LogTarget::none;
    options.drain_time = std::chrono::seconds(1);
    if (change) change(options);
    std::promise<gateway::Listening> listening;
    auto started = listening.get_future();
    thread_ = std::jthread([options, promise = std::move(listening)](const std::stop_token& stop) mutable {
        try {
            gateway::run_gateway(options, stop, [&](const gateway::Listening& got) { promise.set_value(got); });
        } catch (...) {
            promise.set_exception(std::current_exception());
        }
    });
    listening_ = started.get();
}

HttpAnswer GatewayBench::get(const std::string& path, const std::string& headers) const {
    return ask(address(), "GET", path, "", headers);
}

HttpAnswer GatewayBench::post(const std::string& path, const json& body, const std::string& headers) const {
    return ask(address(), "POST", path, body.dump(), headers);
}

HttpAnswer GatewayBench::chat(const json& fields, const std::string& headers) const {
    return post("/v1/chat/completions", chat_json(fields), headers);
}

void GatewayBench::begin_stream(Wire& wire, const json& fields, const std::string& headers) const {
    json body = chat_json(fields);
    body["stream"] = true;
    ASSERT_TRUE(wire.send(request_text("POST", "/v1/chat/completions", body.dump(), headers)));
}

void GatewayBench::begin(const nlohmann::ordered_json& plan) const {
    ASSERT_EQ(post("/v1/rollouts", plan, kAnna).status, 200);
    ASSERT_EQ(step(plan["name"], "start").status, 200);
}

HttpAnswer GatewayBench::step(const std::string& name, const std::string& step, const std::string& headers) const {
    return post("/v1/rollouts/" + name, {{"step", step}}, headers);
}

void GatewayBench::write_upstreams(const json& upstreams) const {
    std::ofstream(file("upstreams.json")) << (upstreams.is_string() ? upstreams.get<std::string>() : upstreams.dump());
}

RolloutStore GatewayBench::store() const {
    return RolloutStore(Database(registry_backend(file("registry"), OpenMode::existing)));
}

std::vector<AuditRecord> GatewayBench::audited(const std::string& action) const {
    std::vector<AuditRecord> records;
    Registry registry(file("registry"), {OpenMode::existing, "test"});
    registry.database().read([&](soci::session& session) {
        EXPECT_TRUE(check_audit(session).holds());
        AuditFilter filter;
        filter.action = action;
        read_audit(session, filter, [&](const AuditRecord& record) { records.push_back(record); });
    });
    return records;
}

void GatewayBench::reload() {
    wanted_ = true;
    EXPECT_TRUE(becomes([&] { return !wanted_; }));
    const std::size_t before = polls_;
    EXPECT_TRUE(becomes([&] { return polls_ > before; }));
}

void GatewayBench::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

std::string arm_of(const json& answer) {
    if (!answer.contains("contrans")) return "no answer: " + answer.dump();
    const json& ours = answer["contrans"];
    return ours.contains("rollout") ? ours["rollout"]["arm"].get<std::string>() : "none";
}

}  // namespace contrans::testing
