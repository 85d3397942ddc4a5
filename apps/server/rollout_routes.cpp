#include <string>

#include "apps/server/error_answer.h"
#include "apps/server/field_reader.h"
#include "apps/server/registry_step.h"
#include "apps/server/rollout_json.h"
#include "apps/server/routes.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

constexpr std::size_t kLongestReason = 500;

ServingRollouts& rollouts_of(const Operation& operation) {
    if (operation.rollouts != nullptr) return *operation.rollouts;
    throw no_registry();
}

template <class Step>
void take(const Operation& operation, const Step& step) {
    take_step("rollout_refused", [&] { rollouts_of(operation).with_store(step); });
}

/// Why it is not served here, where that is so.
Json served_json(const Operation& operation, const std::string& name) {
    for (const auto& each : operation.rollouts->served()) {
        if (each.name == name) return {{"served", each.trouble.empty()}, {"trouble", each.trouble}};
    }
    return {{"served", false}, {"trouble", ""}};
}

Json whole_json(const Operation& operation, RolloutStore& store, const RolloutStatus& status) {
    Json json = rollout_json(status, store.gates(status.plan.name), store.drift(status.plan.name));
    json["here"] = served_json(operation, status.plan.name);
    return json;
}

void respond(const Operation& operation, Exchange& exchange, const std::string& name) {
    Json json;
    take(operation, [&](RolloutStore& store) { json = whole_json(operation, store, store.show(name)); });
    exchange.respond({200, dump(json) + "\n"});
}

}  // namespace

void list_rollouts(const Operation& operation, Exchange& exchange, RequestRecord&) {
    Json list = Json::array();
    take(operation, [&](RolloutStore& store) {
        for (const RolloutStatus& status : store.list()) list.push_back(whole_json(operation, store, status));
    });
    exchange.respond({200, dump(Json{{"object", "list"}, {"data", std::move(list)}}) + "\n"});
}

void show_rollout(const Operation& operation, Exchange& exchange, RequestRecord&) {
    const std::string& name = exchange.name();
    Json json;
    take(operation, [&](RolloutStore& store) {
        json = whole_json(operation, store, store.show(name));
        json["gates"] = Json::array();
        for (const GateHistory& history : store.history(name)) json["gates"].push_back(history_json(history));
    });
    exchange.respond({200, dump(json) + "\n"});
}

void plan_rollout(const Operation& operation, Exchange& exchange, RequestRecord& record) {
    (void)parse_body(exchange.request().body);  // its rules for bodies hold for plans too
    RolloutPlan plan;
    try {
        plan = parse_rollout_plan(exchange.request().body, "body");
    } catch (const Error& error) {
        throw RequestError(400, "invalid_request_error", "", error.what());
    }
    take(operation, [&](RolloutStore& store) { (void)store.plan(plan, actor_of(record)); });
    respond(operation, exchange, plan.name);
}

void step_rollout(const Operation& operation, Exchange& exchange, RequestRecord& record) {
    const std::string& name = exchange.name();
    const Json json = parse_body(exchange.request().body);
    const FieldReader fields(json, "");
    fields.refuse_others({"step", "reason"});
    const auto step = fields.word("step", {"approve", "start", "promote", "rollback"});
    if (!step) fields.fail("step", "is missing: approve, start, promote or rollback");
    const std::string reason = fields.text("reason", kLongestReason).value_or("");
    take(operation, [&](RolloutStore& store) {
        const std::string actor = actor_of(record);
        if (*step == "approve") (void)store.approve(name, actor);
        if (*step == "start") (void)store.start(name, actor);
        if (*step == "promote") (void)store.promote(name, actor);
        if (*step == "rollback") (void)store.roll_back(name, actor, reason);
    });
    respond(operation, exchange, name);
}

}  // namespace contrans::server
