// Rollouts of personas: a plan keeps the concepts of exactly one version, whatever becomes of the persona.
#include <algorithm>

#include "contrans/core/error.h"
#include "contrans/registry/audit_log.h"
#include "contrans/registry/persona_store.h"
#include "contrans/registry/registry_location.h"
#include "contrans/registry/rollout_store.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/registry/persona_file.h"
#include "tests/registry/shelf_of_files.h"
#include "tests/rollout/plan_text.h"

namespace contrans {
namespace {

using testing::persona_at;
using testing::persona_json;
using testing::persona_of;
using testing::plan_json;
using testing::plan_of;
using testing::throws_error;
using Json = nlohmann::ordered_json;

class PlannedPersonas : public ::testing::Test {
protected:
    Database database() {
        (void)shelf_.open();  // makes it
        return Database(registry_backend(shelf_.registry_folder(), OpenMode::existing));
    }
    /// A plan of a persona.
    static Json plan_with(const Json& treatment, const Json& control = Json::array()) {
        Json json = plan_json("calm");
        json["treatment"] = treatment;
        json["control"] = control;
        return json;
    }
    void refused(const Json& plan, const std::vector<std::string>& parts) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, parts, [&] { (void)rollouts.plan(plan_of(plan), "anna"); }));
    }

    testing::ShelfOfFiles shelf_;
    PersonaStore personas{database()};
    RolloutStore rollouts{database()};
};

TEST_F(PlannedPersonas, are_written_down_as_the_newest_version_of_now) {
    (void)personas.save(persona_at(0.1), "anna");
    (void)personas.save(persona_at(0.3), "anna");
    const RolloutPlan kept = rollouts.plan(plan_of(plan_with({{"persona", "Warm-Support"}})), "anna").plan;
    EXPECT_EQ(kept.treatment_persona, "warm-support@2");
    EXPECT_EQ(kept.treatment, (std::vector<PlannedConcept>{{"happy", 0.3, 0}, {"polite", 0.2, 0}}));
    EXPECT_EQ(parse_rollout_plan(rollout_plan_text(kept), "again"), kept);
    (void)personas.save(persona_at(0.5), "anna");
    (void)personas.remove({"warm-support", 0, ""}, "bob");
    EXPECT_EQ(rollouts.start("calm", "anna").plan, kept) << "what was reviewed is what starts";
    ASSERT_EQ(rollouts.running().size(), 1U);
    EXPECT_EQ(rollouts.running()[0].plan, kept);
    std::vector<std::string> details;
    shelf_.open().database().read([&](soci::session& session) {
        AuditFilter filter;
        filter.action = "rollout.";
        read_audit(session, filter, [&](const AuditRecord& record) { details.push_back(record.event.detail); });
    });
    ASSERT_EQ(details.size(), 2U);
    for (const std::string& detail : details) {
        EXPECT_NE(detail.find(" persona=warm-support@2"), std::string::npos) << detail;
    }
}

TEST_F(PlannedPersonas, may_be_both_arms_in_two_versions) {
    auto pinned = persona_json();
    pinned["concepts"][0]["version"] = 4;
    (void)personas.save(persona_of(pinned), "anna");
    (void)personas.save(persona_at(0.3), "anna");
    const Json plan = plan_with({{"persona", "warm-support@2"}}, {{"persona", "warm-support@1"}});
    const RolloutPlan kept = rollouts.plan(plan_of(plan), "anna").plan;
    EXPECT_EQ(kept.control_persona, "warm-support@1");
    EXPECT_EQ(kept.control[0], (PlannedConcept{"happy", 0.3, 4})) << "with the version that it names";
    refused(plan_with({{"persona", "warm-support@2"}}, {{"persona", "warm-support"}}),
            {"\"control\"", "is the treatment"});
}

TEST_F(PlannedPersonas, that_a_plan_already_has_the_concepts_of_must_say_the_same) {
    (void)personas.save(persona_at(0.3), "anna");
    Json again =
        Json::parse(rollout_plan_text(rollouts.plan(plan_of(plan_with({{"persona", "warm-support"}})), "anna").plan));
    EXPECT_EQ(rollouts.plan(plan_of(again), "anna").plan.treatment_persona, "warm-support@1");
    again["treatment"][0]["dose"] = 0.9;
    refused(again, {"not those of persona warm-support@1"});
    again["treatment_persona"] = "warm-support@7";
    refused(again, {"no persona", "warm-support@7"});
}

TEST_F(PlannedPersonas, that_do_more_than_add_are_refused_by_the_concept) {
    auto json = persona_json();
    json["concepts"][1]["operator"] = "project_out";
    (void)personas.save(persona_of(json), "anna");
    json["concepts"][1].erase("operator");
    json["concepts"][1]["tokens"] = "prompt";
    (void)personas.save(persona_of(json), "anna");
    refused(plan_with({{"persona", "warm-support@1"}}), {"warm-support@1", "polite", "project_out"});
    refused(plan_with({{"persona", "warm-support"}}), {"warm-support@2", "polite", "prompt"});
    refused(plan_with({{"persona", "cold"}}), {"no persona", "cold"});
    EXPECT_TRUE(rollouts.list().empty());
}

TEST_F(PlannedPersonas, with_a_concept_that_guards_need_a_second_person) {
    auto json = persona_json();
    json["concepts"][1]["concept"] = "refusal-less";
    (void)personas.save(persona_of(json), "anna");
    (void)rollouts.plan(plan_of(plan_with({{"persona", "warm-support"}})), "anna");
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"approval"}, [&] { (void)rollouts.start("calm", "anna"); }));
    Json by_itself = plan_with({{"persona", "warm-support"}});
    by_itself["promote"] = "when_passed";
    refused(by_itself, {"\"promote\"", "by_hand"});
}

}  // namespace
}  // namespace contrans
