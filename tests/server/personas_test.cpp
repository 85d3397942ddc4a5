// Personas in a running server: kept over its routes, named by requests, rolled out as one.
#include <soci/soci.h>

#include <algorithm>
#include <chrono>

#include "apps/server/serving_personas.h"
#include "contrans/core/error.h"
#include "contrans/registry/audit_check.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/registry_location.h"
#include "gtest/gtest.h"
#include "tests/registry/persona_file.h"
#include "tests/registry/postgres_databases.h"
#include "tests/rollout/plan_text.h"
#include "tests/server/serving_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::chat_body;
using testing::completion_body;
using testing::HttpAnswer;
using testing::persona_at;
using testing::persona_json;
using testing::ServingBench;

const std::string kAnna = "Authorization: Bearer aaaaaaaaaaaaaaaa\r\n";
const std::string kLoader = "Authorization: Bearer llllllllllllllll\r\n";
const std::string kCaller = "Authorization: Bearer cccccccccccccccc\r\n";
constexpr const char* kKeys =
    "administer aaaaaaaaaaaaaaaa anna\nload llllllllllllllll loader\ncall cccccccccccccccc caller\n";

class ServingPersonasTest : public ::testing::Test {
protected:
    ServingPersonasTest() { testing::give_database(folder()); }

    std::unique_ptr<ServingBench> serve() {
        return std::make_unique<ServingBench>([&](server::ServingOptions& options) {
            options.registry = folder();
            options.keys = server::ApiKeys::parse(kKeys, "keys");
        });
    }
    std::filesystem::path folder() const { return folder_ / "registry"; }
    PersonaStore store() const { return PersonaStore(Database(registry_backend(folder(), OpenMode::existing))); }
    static HttpAnswer save(const ServingBench& bench, const json& persona, const std::string& key = kLoader) {
        return bench.post("/v1/personas", persona, key);
    }
    static HttpAnswer remove(const ServingBench& bench, const std::string& name, const std::string& key = kLoader) {
        return testing::ask(bench.address(), "DELETE", "/v1/personas/" + name, "", key);
    }
    static HttpAnswer complete(const ServingBench& bench, const json& fields) {
        return bench.post("/v1/completions", completion_body(fields), kCaller);
    }
    /// With another first concept.
    static json persona_with(const json& one) {
        json persona = persona_json();
        persona["concepts"] = json::array({one});
        return persona;
    }
    std::vector<AuditEvent> audited(const std::string& action) const {
        std::vector<AuditEvent> events;
        Registry registry(folder(), {OpenMode::existing, "test"});
        registry.database().read([&](soci::session& session) {
            EXPECT_TRUE(check_audit(session).holds());
            AuditFilter filter;
            filter.action = action;
            read_audit(session, filter, [&](const AuditRecord& record) { events.push_back(record.event); });
        });
        return events;
    }

    testing::TemporaryFolder folder_;
};

TEST_F(ServingPersonasTest, are_kept_in_versions_by_those_who_may_load) {
    auto bench = serve();
    EXPECT_EQ(save(*bench, persona_json(), kCaller).status, 403);
    EXPECT_EQ(remove(*bench, "warm-support", kCaller).status, 403);
    const HttpAnswer saved = save(*bench, persona_json());
    ASSERT_EQ(saved.status, 201) << saved.body;
    EXPECT_EQ(saved.json()["version"], 1);
    EXPECT_EQ(saved.json()["owner"], "loader");
    json changed = persona_json();
    changed["concepts"][0]["dose"] = 0.4;
    EXPECT_EQ(save(*bench, changed, kAnna).json()["versions"].size(), 2U);
    EXPECT_EQ(save(*bench, persona_json("brisk")).status, 201);

    const json list = bench->get("/v1/personas", kCaller).json()["data"];
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0]["name"], "brisk");
    EXPECT_EQ(list[1]["version"], 2);
    EXPECT_EQ(list[1]["owner"], "loader");
    EXPECT_EQ(list[1]["author"], "anna");
    EXPECT_EQ(list[1]["versions"][1]["version"], 1) << "the newest first";
    EXPECT_EQ(list[1]["concepts"], changed["concepts"]);
    EXPECT_EQ(bench->get("/v1/personas/warm-support", kCaller).json()["version"], 2);
    const json first = bench->get("/v1/personas/warm-support@1", kCaller).json();
    EXPECT_EQ(first["concepts"], persona_json()["concepts"]);
    EXPECT_EQ(first["note"], "for replies");

    EXPECT_EQ(remove(*bench, "warm-support@2").json()["removed"], 1);
    EXPECT_EQ(bench->get("/v1/personas/warm-support", kCaller).json()["version"], 1);
    EXPECT_EQ(remove(*bench, "brisk").json()["removed"], 1);
    EXPECT_EQ(bench->get("/v1/personas", kCaller).json()["data"].size(), 1U);
    bench.reset();
    const auto saves = audited("persona.save");
    ASSERT_EQ(saves.size(), 3U);
    EXPECT_EQ(saves[1].actor, "anna");
    EXPECT_EQ(saves[1].subject + "@" + saves[1].version, "warm-support@2");
    EXPECT_EQ(audited("persona.remove").size(), 2U);
}

TEST_F(ServingPersonasTest, bad_ones_and_those_that_are_not_there_are_refused) {
    auto bench = serve();
    json bad = persona_json();
    bad["concepts"][0]["doze"] = 1;
    const HttpAnswer refused = save(*bench, bad);
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.error("message").find("\"doze\""), std::string::npos) << refused.body;
    EXPECT_EQ(testing::ask(bench->address(), "POST", "/v1/personas", "[]", kLoader).status, 400);
    EXPECT_EQ(bench->get("/v1/personas/cold", kCaller).error("code"), "persona_not_found");
    EXPECT_EQ(bench->get("/v1/personas/cold@live", kCaller).status, 404);
    EXPECT_EQ(remove(*bench, "cold").error("code"), "persona_not_found");
    ASSERT_EQ(save(*bench, persona_json()).status, 201);
    EXPECT_EQ(save(*bench, persona_json()).error("code"), "persona_refused") << "nothing new";
    EXPECT_EQ(save(*bench, persona_json("Warm-Support")).status, 409);
    EXPECT_EQ(bench->get("/v1/personas/warm-support@2", kCaller).status, 404);
}

TEST_F(ServingPersonasTest, give_a_request_their_concepts_and_it_says_which) {
    auto bench = serve();
    json persona = persona_json();
    persona["concepts"][1]["operator"] = "add_keeping_norm";
    persona["concepts"][1]["tokens"] = "generated";
    ASSERT_EQ(save(*bench, persona).status, 201);
    const json by_name = complete(*bench, {{"persona", "Warm-Support"}, {"projections", true}}).json();
    EXPECT_EQ(by_name["contrans"]["persona"], "warm-support@1");
    const json& applied = by_name["contrans"]["concepts"];
    ASSERT_EQ(applied.size(), 2U);
    EXPECT_EQ(applied[0]["concept"], "happy");
    EXPECT_EQ(applied[0]["dose"], 0.3);
    EXPECT_EQ(applied[1]["operator"], "add_keeping_norm");
    EXPECT_EQ(applied[1]["tokens"], "generated");
    EXPECT_EQ(by_name["contrans"]["projections"][0]["doses"].size(), 2U) << "of each of its concepts";
    const json concepts =
        json::array({{{"name", "happy"}, {"dose", 0.3}},
                     {{"name", "polite"}, {"dose", 0.2}, {"operator", "add_keeping_norm"}, {"tokens", "generated"}}});
    const json by_concepts = complete(*bench, {{"concepts", concepts}}).json();
    EXPECT_EQ(by_name["choices"][0]["text"], by_concepts["choices"][0]["text"]);
    EXPECT_FALSE(by_concepts["contrans"].contains("persona"));

    ASSERT_EQ(save(*bench, persona_with({{"concept", "loud"}, {"dose", 0.5}})).status, 201);
    EXPECT_EQ(complete(*bench, {{"persona", "warm-support"}}).json()["contrans"]["persona"], "warm-support@2")
        << "what this server has kept holds at once";
    const HttpAnswer chat =
        bench->post("/v1/chat/completions", chat_body({{"persona", "warm-support@1"}, {"stream", true}}), kCaller);
    EXPECT_EQ(chat.events().back()["contrans"]["persona"], "warm-support@1");
    const json states =
        bench->post("/v1/embeddings", {{"input", "a"}, {"layer", 2}, {"persona", "warm-support"}}, kCaller).json();
    EXPECT_EQ(states["contrans"]["persona"], "warm-support@2");
    EXPECT_EQ(states["contrans"]["concepts"][0]["concept"], "loud");
    bench.reset();
    const auto requests = audited("request");
    const auto by_persona = [](const char* name) {
        return [name](const AuditEvent& event) {
            return event.detail.find(std::string(" persona=") + name) != std::string::npos;
        };
    };
    EXPECT_EQ(std::ranges::count_if(requests, by_persona("warm-support@1")), 2);
    EXPECT_EQ(std::ranges::count_if(requests, by_persona("warm-support@2")), 2);
    EXPECT_EQ(requests.size(), 5U);
}

TEST_F(ServingPersonasTest, that_cannot_be_given_are_refused_by_what_is_wrong) {
    auto bench = serve();
    ASSERT_EQ(save(*bench, persona_json()).status, 201);
    const auto refused = [&](const json& fields, const std::string& code, const std::string& part) {
        const HttpAnswer answer = complete(*bench, fields);
        EXPECT_EQ(answer.status, 400) << answer.body;
        EXPECT_EQ(answer.error("param"), "persona");
        EXPECT_EQ(answer.error("code"), code) << answer.body;
        EXPECT_NE(answer.error("message").find(part), std::string::npos) << answer.body;
    };
    refused({{"persona", "warm-support"}, {"concepts", {"happy"}}}, "null", "give one of them");
    refused({{"persona", "warm-support"}, {"concepts", json::array()}}, "null", "give one of them");
    refused({{"persona", "warm-support"}, {"model", "tiny+happy"}}, "null", "give one of them");
    refused({{"persona", "cold"}}, "persona_not_found", "cold");
    refused({{"persona", "warm-support@7"}}, "persona_not_found", "warm-support@7");
    refused({{"persona", "warm-support@live"}}, "null", "no tags");
    refused({{"persona", "<img src=x>"}}, "null", "1 to 128");
    refused({{"persona", ""}}, "null", "1 to 128");
    refused({{"persona", 7}}, "null", "string");
    const auto saved_and_refused = [&](const json& one, const std::string& code, const std::string& part) {
        ASSERT_EQ(save(*bench, persona_with(one)).status, 201);
        refused({{"persona", "warm-support"}}, code, part);
    };
    saved_and_refused({{"concept", "absent"}, {"dose", 0.1}}, "concept_not_found", "absent");
    saved_and_refused({{"concept", "happy"}, {"dose", 50}}, "null", "happy");
    saved_and_refused({{"concept", "happy"}, {"dose", 0.1}, {"version", 3}}, "concept_not_found", "happy@3");
    Registry(folder(), {OpenMode::existing, "test"}).add({"happy", {bench->folder() / "vectors/happy.gguf"}, "", ""});
    bench.reset();
    bench = serve();  // a server asks once which version a file is
    ASSERT_EQ(save(*bench, persona_with({{"concept", "polite"}, {"dose", 0.1}, {"version", 1}})).status, 201);
    refused({{"persona", "warm-support"}}, "concept_not_found", "polite@1");
}

TEST_F(ServingPersonasTest, are_rolled_out_as_one) {
    auto bench = serve();
    ASSERT_EQ(save(*bench, persona_json()).status, 201);
    auto plan = testing::plan_json("warm");
    plan["treatment"] = {{"persona", "warm-support"}};
    const HttpAnswer planned = bench->post("/v1/rollouts", plan, kAnna);
    ASSERT_EQ(planned.status, 200) << planned.body;
    EXPECT_EQ(planned.json()["plan"]["treatment_persona"], "warm-support@1");
    EXPECT_EQ(planned.json()["plan"]["treatment"], persona_json()["concepts"]);
    ASSERT_EQ(save(*bench, persona_with({{"concept", "loud"}, {"dose", 0.5}})).status, 201);
    ASSERT_EQ(bench->post("/v1/rollouts/warm", {{"step", "start"}}, kAnna).status, 200);
    const json piloted = bench->post("/v1/completions", completion_body(), kAnna).json();
    EXPECT_EQ(piloted["contrans"]["rollout"]["arm"], "treatment");
    EXPECT_EQ(piloted["contrans"]["persona"], "warm-support@1");
    EXPECT_EQ(piloted["contrans"]["concepts"].size(), 2U);
    const json own =
        bench->post("/v1/completions", completion_body({{"persona", "warm-support"}}), kAnna).json()["contrans"];
    EXPECT_FALSE(own.contains("rollout")) << "who chooses is in no rollout";
    plan["name"] = "cold";
    plan["treatment"] = {{"persona", "cold"}};
    EXPECT_EQ(bench->post("/v1/rollouts", plan, kAnna).error("code"), "rollout_refused");
    bench.reset();
    const auto requests = audited("request");
    const auto rolled_out = std::ranges::find(requests, "warm", &AuditEvent::rollout);
    ASSERT_NE(rolled_out, requests.end());
    EXPECT_NE(rolled_out->detail.find(" persona=warm-support@1"), std::string::npos) << rolled_out->detail;
}

TEST_F(ServingPersonasTest, of_another_process_are_seen) {
    auto bench = serve();
    (void)store().save(persona_at(0.3), "carl");
    EXPECT_EQ(complete(*bench, {{"persona", "warm-support"}}).json()["contrans"]["persona"], "warm-support@1");
    (void)store().save(persona_at(0.4), "carl");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string seen;
    while (seen != "warm-support@2" && std::chrono::steady_clock::now() < deadline) {
        seen = complete(*bench, {{"persona", "warm-support"}, {"max_tokens", 1}}).json()["contrans"]["persona"];
    }
    EXPECT_EQ(seen, "warm-support@2");
    (void)store().remove({"warm-support", 0, ""}, "carl");
    int status = 200;
    while (status == 200 && std::chrono::steady_clock::now() < deadline) {
        status = complete(*bench, {{"persona", "warm-support"}, {"max_tokens", 1}}).status;
    }
    EXPECT_EQ(status, 400);
}

TEST_F(ServingPersonasTest, are_read_anew_by_their_age_and_kept_while_the_registry_cannot_be_read) {
    Registry registry(folder(), {OpenMode::create, "test"});
    (void)store().save(persona_at(0.3), "anna");
    const auto with = [&](std::chrono::milliseconds age, std::chrono::milliseconds blind_time) {
        return server::ServingPersonas({folder(), age, blind_time});
    };
    const auto newest = [](server::ServingPersonas& personas) {
        return personas.find({"warm-support", 0, ""})->version;
    };
    constexpr std::chrono::hours kLong{1};
    server::ServingPersonas kept = with(kLong, kLong);
    server::ServingPersonas fresh = with({}, kLong);
    server::ServingPersonas strict = with({}, {});
    for (auto* each : {&kept, &fresh, &strict}) EXPECT_EQ(newest(*each), 1);
    (void)store().save(persona_at(0.4), "anna");
    EXPECT_EQ(newest(kept), 1) << "not read again";
    EXPECT_EQ(newest(fresh), 2);
    kept.with_store([](PersonaStore& own) { (void)own.save(persona_at(0.5), "anna"); });
    EXPECT_EQ(newest(kept), 3) << "what it changed itself it sees";
    EXPECT_EQ(newest(fresh), 3);
    registry.database().write([](soci::session& session) { session << "ALTER TABLE personas RENAME TO hidden"; });
    EXPECT_EQ(newest(fresh), 3);
    EXPECT_THROW((void)newest(strict), Error);
    registry.database().write([](soci::session& session) { session << "ALTER TABLE hidden RENAME TO personas"; });
    EXPECT_EQ(newest(strict), 3);
    (void)store().remove({"warm-support", 0, ""}, "anna");
    EXPECT_EQ(fresh.find({"warm-support", 0, ""}), nullptr);
}

TEST(ServingWithoutRegistry, has_no_personas) {
    const ServingBench bench;
    EXPECT_EQ(bench.get("/v1/personas").error("code"), "no_registry");
    EXPECT_EQ(bench.post("/v1/personas", persona_json()).error("code"), "no_registry");
    const HttpAnswer named = bench.complete({{"persona", "warm-support"}});
    EXPECT_EQ(named.status, 400);
    EXPECT_EQ(named.error("code"), "no_registry");
}

}  // namespace
}  // namespace contrans
