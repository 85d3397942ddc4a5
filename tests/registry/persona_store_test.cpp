// Personas as a registry keeps them: versions that never change, owners, records, and that nothing is lost on the way
// to another registry.
#include "contrans/registry/persona_store.h"

#include <thread>

#include "contrans/core/error.h"
#include "contrans/registry/audit_check.h"
#include "contrans/registry/audit_log.h"
#include "contrans/registry/registry_archive.h"
#include "contrans/registry/registry_location.h"
#include "contrans/registry/tar_file.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/registry/persona_file.h"
#include "tests/registry/shelf_of_files.h"

namespace contrans {
namespace {

using testing::persona_at;
using testing::persona_json;
using testing::persona_of;
using testing::throws_error;

std::vector<std::string> names_of(const std::vector<PersonaVersion>& versions) {
    std::vector<std::string> names;
    for (const PersonaVersion& each : versions) names.push_back(persona_name(each));
    return names;
}

class PersonaStoreTest : public ::testing::Test {
protected:
    PersonaStore open() {
        (void)shelf_.open();  // makes it
        return PersonaStore(Database(registry_backend(shelf_.registry_folder(), OpenMode::existing)),
                            [this] { return shelf_.clock += 1'000'000; });
    }
    /// The records of personas, "ACTION ACTOR NAME VERSION".
    std::vector<std::string> audited() {
        std::vector<std::string> lines;
        Registry registry = shelf_.open();
        registry.database().read([&](soci::session& session) {
            EXPECT_TRUE(check_audit(session).holds());
            AuditFilter filter;
            filter.action = "persona.";
            read_audit(session, filter, [&](const AuditRecord& record) {
                const AuditEvent& event = record.event;
                lines.push_back(event.action + " " + event.actor + " " + event.subject + " " + event.version);
            });
        });
        return lines;
    }
    Registry other(const std::string& actor = "bob") { return Registry(shelf_ / "other", {OpenMode::create, actor}); }

    testing::ShelfOfFiles shelf_;
    PersonaStore store = open();
};

TEST_F(PersonaStoreTest, keeps_versions_that_never_change) {
    EXPECT_EQ(store.save(persona_at(0.3), "anna").version, 1);
    const PersonaVersion second = store.save(persona_at(0.1 + 0.2), "bob");
    EXPECT_EQ(second.version, 2);
    EXPECT_EQ(second.owner, "anna");
    EXPECT_EQ(second.author, "bob");
    PersonaStore again = open();
    EXPECT_EQ(again.show({"warm-support", 1, ""}).persona, persona_at(0.3));
    const PersonaVersion newest = again.show({"warm-support", 0, ""});
    EXPECT_EQ(newest.persona, persona_at(0.1 + 0.2)) << "to the last bit";
    EXPECT_EQ(newest.saved, second.saved);
    EXPECT_EQ(newest.sha256, second.sha256);
    EXPECT_EQ(again.show({"Warm-Support", 2, ""}).persona.name, "warm-support") << "whatever the capitals";
    EXPECT_FALSE(again.find({"warm-support", 3, ""}).has_value());
    EXPECT_EQ(names_of(again.list()), (std::vector<std::string>{"warm-support@1", "warm-support@2"}));
    EXPECT_EQ(audited(),
              (std::vector<std::string>{"persona.save anna warm-support 1", "persona.save bob warm-support 2"}));
}

TEST_F(PersonaStoreTest, keeps_every_word_of_a_concept) {
    auto json = persona_json();
    json["concepts"][0] = {
        {"concept", "angry"}, {"dose", 1}, {"version", 7}, {"operator", "project_out"}, {"tokens", "prompt"}};
    json["concepts"].push_back({{"concept", "brief"}, {"dose", -1e-9}, {"operator", "clamp"}, {"tokens", "generated"}});
    (void)store.save(persona_of(json), "anna");
    EXPECT_EQ(store.show({"warm-support", 1, ""}).persona, persona_of(json));
}

TEST_F(PersonaStoreTest, refuses_what_breaks_a_rule_and_changes_nothing) {
    (void)store.save(persona_at(0.3), "anna");
    const auto refused = [&](const std::vector<std::string>& parts, const std::function<void()>& save) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, parts, save));
    };
    refused({"warm-support@1", "same already"}, [&] { (void)store.save(persona_at(0.3), "bob"); });
    refused({"Warm-Support", "capitals"}, [&] { (void)store.save(persona_at(0.4, "Warm-Support"), "anna"); });
    refused({"belongs to", "anna"}, [&] { (void)store.save(persona_at(0.4), "bob", "bob"); });
    refused({"an actor"}, [&] { (void)store.save(persona_at(0.4), "an\nna"); });
    refused({"an owner"}, [&] { (void)store.save(persona_at(0.4), "anna", std::string(200, 'o')); });
    refused({"there is no", "cold"}, [&] { (void)store.show({"cold", 0, ""}); });
    refused({"there is no", "warm-support@9"}, [&] { (void)store.remove({"warm-support", 9, ""}, "anna"); });
    EXPECT_EQ(store.list().size(), 1U);
    EXPECT_EQ(audited().size(), 1U);
    (void)store.save(persona_at(0.4), "bob", "anna");
    (void)store.save(persona_at(0.3), "anna");
    EXPECT_EQ(store.list().size(), 3U) << "going back to what an older version said is a version";
}

TEST_F(PersonaStoreTest, gives_a_number_once) {
    for (const double dose : {0.1, 0.2, 0.3}) (void)store.save(persona_at(dose), "anna");
    EXPECT_EQ(names_of(store.remove({"warm-support", 3, ""}, "bob")), (std::vector<std::string>{"warm-support@3"}));
    EXPECT_EQ(store.show({"warm-support", 0, ""}).version, 2);
    EXPECT_EQ(store.save(persona_at(0.4), "anna").version, 4);
    EXPECT_EQ(store.remove({"WARM-support", 0, ""}, "bob").size(), 3U);
    EXPECT_TRUE(store.list().empty());
    const PersonaVersion reborn = store.save(persona_at(0.5, "Warm-Support"), "carl");
    EXPECT_EQ(reborn.version, 5);
    EXPECT_EQ(reborn.owner, "carl");
    EXPECT_EQ(audited().size(), 9U);
}

TEST_F(PersonaStoreTest, takes_several_writers_at_once) {
    constexpr int kEach = 5;  // all of them within the time that one waits for the others, on a slow disk too
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 3; ++writer) {
        writers.emplace_back([&, writer] {
            PersonaStore mine(Database(registry_backend(shelf_.registry_folder(), OpenMode::existing)));
            for (int i = 0; i < kEach; ++i) (void)mine.save(persona_at(writer + 0.01 * i), std::to_string(writer));
        });
    }
    writers.clear();
    const auto all = store.list();
    ASSERT_EQ(all.size(), 3U * kEach);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].version, static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(audited().size(), 3U * kEach);
}

TEST_F(PersonaStoreTest, goes_to_another_registry_with_its_numbers_and_owner) {
    for (const double dose : {0.1, 0.2}) (void)store.save(persona_at(dose), "anna");
    (void)store.save(persona_at(0.5, "brisk"), "bob");
    Registry here = shelf_.open();
    const std::filesystem::path tar = shelf_ / "all.tar";
    EXPECT_EQ(export_registry(here, {}, tar).personas.size(), 3U) << "though there is no concept";
    const UnpackedArchive archive(tar);
    Registry there = other();
    EXPECT_EQ(there.take(archive.contents(), archive.files()).personas.size(), 3U);
    EXPECT_EQ(there.take(archive.contents(), archive.files()).personas.size(), 0U) << "a second time nothing is new";
    there.database().read([&](soci::session& session) {
        const auto second = find_persona_version(session, {"warm-support", 2, ""});
        ASSERT_TRUE(second.has_value());
        EXPECT_EQ(second->owner, "anna");
        EXPECT_EQ(second->persona, persona_at(0.2));
        EXPECT_EQ(second->saved, store.show({"warm-support", 2, ""}).saved);
    });
    const ExportChoice one{{}, {{"warm-support", 1, ""}}};
    EXPECT_EQ(names_of(export_registry(here, one, tar).personas), (std::vector<std::string>{"warm-support@1"}));
    const ExportChoice none{{}, {{"cold", 0, ""}}};
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"persona", "cold"}, [&] { (void)export_registry(here, none, tar); }));
}

TEST_F(PersonaStoreTest, that_disagrees_with_another_registry_changes_nothing_there) {
    (void)store.save(persona_at(0.1), "anna");
    (void)store.save(persona_at(0.5, "brisk"), "anna");
    Registry here = shelf_.open();
    (void)export_registry(here, {}, shelf_ / "all.tar");
    const UnpackedArchive archive(shelf_ / "all.tar");
    const auto refused = [&](const Persona& persona, const std::string& owner, const std::vector<std::string>& parts) {
        std::filesystem::remove_all(shelf_ / "other");
        Registry there = other();
        PersonaStore kept(Database(registry_backend(shelf_ / "other", OpenMode::existing)));
        (void)kept.save(persona, owner);
        EXPECT_TRUE(
            throws_error(ErrorKind::argument, parts, [&] { (void)there.take(archive.contents(), archive.files()); }));
        EXPECT_EQ(kept.list().size(), 1U) << "brisk, which fits, is not taken either";
    };
    refused(persona_at(0.2), "anna", {"warm-support@1", "something else here"});
    refused(persona_at(0.1), "bob", {"warm-support", "bob", "anna"});
}

TEST_F(PersonaStoreTest, that_was_edited_on_the_way_or_in_place_is_found) {
    (void)store.save(persona_at(0.25), "anna");
    Registry here = shelf_.open();
    EXPECT_TRUE(here.damage().empty());
    (void)export_registry(here, {}, shelf_ / "all.tar");
    std::string bytes = testing::read_bytes(shelf_ / "all.tar");
    bytes.replace(bytes.find("0.25"), 4, "0.75");
    testing::write_bytes(shelf_ / "edited.tar", bytes);
    EXPECT_TRUE(throws_error(ErrorKind::format, {"edited.tar", "warm-support@1", "SHA-256"},
                             [&] { const UnpackedArchive archive(shelf_ / "edited.tar"); }));
    testing::tamper(here, "UPDATE persona_concepts SET dose = 0.75 WHERE concept = 'happy'");
    EXPECT_EQ(here.damage(), (std::vector<std::string>{"persona warm-support@1 is not what was saved"}));
}

TEST_F(PersonaStoreTest, exports_of_before_there_were_any_are_still_read) {
    TarWriter tar(shelf_ / "old.tar");
    tar.add_text("registry.json", R"({"contrans_registry": 1, "versions": []})");
    tar.add_text("SHA256SUMS", "");
    tar.commit();
    const UnpackedArchive archive(shelf_ / "old.tar");
    EXPECT_TRUE(archive.contents().personas.empty());
}

TEST_F(PersonaStoreTest, backups_have_them) {
    if (testing::on_postgres()) return;  // there they are the server's own
    (void)store.save(persona_at(0.3), "anna");
    shelf_.open().back_up(shelf_ / "copy");
    PersonaStore copy(Database(registry_backend(shelf_ / "copy", OpenMode::existing)));
    EXPECT_EQ(names_of(copy.list()), (std::vector<std::string>{"warm-support@1"}));
}

}  // namespace
}  // namespace contrans
