#include "contrans/registry/registry.h"

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/registry/shelf_of_files.h"

namespace contrans {
namespace {

using testing::ShelfOfFiles;
using testing::throws_error;

std::vector<std::string> actions(Registry& registry) {
    std::vector<std::string> all;
    registry.database().read([&](soci::session& session) {
        read_audit(session, {}, [&](const AuditRecord& record) {
            all.push_back(record.event.action + " " + record.event.subject + " " + record.event.version);
        });
    });
    return all;
}

std::size_t stored_files(const Registry& registry) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(registry.files().folder()))
        count += is_sha256(entry.path().filename().string()) ? 1U : 0U;
    return count;
}

TEST(Registry, keeps_versions_with_what_their_files_say_of_themselves) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    EXPECT_EQ(registry.add({"happy", {shelf.vector("a", 1)}, "", "first"}).version, 1);
    EXPECT_EQ(registry.add({"happy", {shelf.vector("a", 2), shelf.vector("b", 3)}, "", ""}).version, 2);
    const ConceptVersion first = shelf.open().show(parse_version_reference("happy@1"));
    EXPECT_EQ(first.owner, "anna");
    EXPECT_EQ(first.note, "first");
    EXPECT_EQ(time_text(first.added), "2023-11-14T22:13:21.000000Z");
    ASSERT_EQ(first.files.size(), 1U);
    EXPECT_EQ(first.files[0].file_name, "a.gguf");
    EXPECT_EQ(first.files[0].description.kind, ArtefactKind::vector);
    EXPECT_EQ(first.files[0].description.target.name, "Target");
    EXPECT_EQ(first.files[0].description.source.fingerprint, std::string(64, 'a'));
    ASSERT_GT(first.files[0].description.facts.size(), 4U);
    EXPECT_EQ(first.files[0].description.facts[1].name + "=" + first.files[0].description.facts[1].value, "concept=a");
    EXPECT_EQ(registry.show(parse_version_reference("happy")).version, 2);
    EXPECT_EQ(registry.list().size(), 2U);
    EXPECT_TRUE(registry.damage().empty());
    EXPECT_EQ(actions(registry), (std::vector<std::string>{"registry.add happy 1", "registry.add happy 2"}));
}

TEST(Registry, tags_move_and_protect_what_they_point_to) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    (void)registry.add({"happy", {shelf.vector("a", 1)}, "", ""});
    (void)registry.add({"happy", {shelf.vector("a", 2)}, "", ""});
    registry.tag(parse_version_reference("happy@1"), "production");
    EXPECT_EQ(registry.show(parse_version_reference("happy@production")).version, 1);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"happy@1", "production"},
                             [&] { registry.remove(parse_version_reference("happy@1")); }));
    registry.tag(parse_version_reference("happy"), "production");
    EXPECT_EQ(registry.show(parse_version_reference("happy@production")).version, 2);
    EXPECT_EQ(registry.remove(parse_version_reference("happy@1")), 1U);
    registry.remove_tag("happy", "production");
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"happy", "production"},
                             [&] { registry.remove_tag("happy", "production"); }));
    EXPECT_EQ(registry.remove(parse_version_reference("happy")), 1U);
    EXPECT_TRUE(registry.list().empty());
    EXPECT_EQ(stored_files(registry), 0U);
    EXPECT_EQ(registry.add({"happy", {shelf.vector("a", 1)}, "", ""}).version, 3) << "numbers are not given again";
}

TEST(Registry, files_of_other_versions_stay_when_one_is_removed) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    const auto shared = shelf.vector("shared", 1);
    (void)registry.add({"happy", {shared, shelf.vector("a", 2)}, "", ""});
    (void)registry.add({"glad", {shared}, "", ""});
    EXPECT_EQ(stored_files(registry), 2U);
    (void)registry.remove(parse_version_reference("happy"));
    EXPECT_EQ(stored_files(registry), 1U);
    EXPECT_TRUE(registry.damage().empty());
}

TEST(Registry, refuses_what_breaks_a_rule_and_changes_nothing) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    const auto a = shelf.vector("a", 1);
    (void)registry.add({"happy", {a}, "", ""});
    testing::write_bytes(shelf / "words.gguf", "no such file\n");
    const auto refused = [&](ErrorKind kind, std::vector<std::string> parts, NewVersion added) {
        EXPECT_TRUE(throws_error(kind, parts, [&] { (void)registry.add(added); })) << added.name;
    };
    refused(ErrorKind::argument, {"happy@1", "same files"}, {"happy", {a}, "", ""});
    refused(ErrorKind::argument, {"happy", "anna", "bob"}, {"happy", {shelf.vector("b", 2)}, "bob", ""});
    refused(ErrorKind::argument, {"\"happy\"", "capitals", "\"Happy\""}, {"Happy", {shelf.vector("b", 2)}, "", ""});
    refused(ErrorKind::argument, {"a/b"}, {"a/b", {a}, "", ""});
    refused(ErrorKind::argument, {"twice"}, {"glad", {a, a}, "", ""});
    refused(ErrorKind::argument, {"at least one"}, {"glad", {}, "", ""});
    refused(ErrorKind::argument, {"note"}, {"glad", {a}, "", "two\nlines"});
    refused(ErrorKind::io, {"nowhere.gguf"}, {"glad", {shelf / "nowhere.gguf"}, "", ""});
    refused(ErrorKind::format, {"words.gguf"}, {"glad", {shelf / "words.gguf"}, "", ""});
    EXPECT_EQ(registry.list().size(), 1U);
    EXPECT_EQ(actions(registry).size(), 1U);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"sad"}, [&] { (void)registry.show({"sad", 0, ""}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"happy@7"}, [&] { (void)registry.show({"happy", 7, ""}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"7"}, [&] { registry.tag({"happy", 1, ""}, "7"); }));
}

TEST(Registry, notices_missing_and_changed_files) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    const ConceptVersion one = registry.add({"one", {shelf.vector("a", 1)}, "", ""});
    const ConceptVersion two = registry.add({"two", {shelf.vector("b", 2)}, "", ""});
    std::filesystem::remove(registry.files().path_of(one.files[0].content.sha256));
    testing::write_bytes(registry.files().path_of(two.files[0].content.sha256), "other bytes");
    const auto damage = registry.damage();
    ASSERT_EQ(damage.size(), 2U);
    EXPECT_NE(damage[0].find("one@1: a.gguf"), std::string::npos) << damage[0];
    EXPECT_NE(damage[0].find("is missing"), std::string::npos) << damage[0];
    EXPECT_NE(damage[1].find("is not what was added"), std::string::npos) << damage[1];
}

TEST(SqliteDatabase, a_backup_is_a_whole_registry) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    (void)registry.add({"happy", {shelf.vector("a", 1)}, "", ""});
    registry.tag(parse_version_reference("happy"), "production");
    registry.back_up(shelf / "backup");
    (void)registry.add({"happy", {shelf.vector("a", 2)}, "", ""});
    Registry copy(shelf / "backup", {OpenMode::existing, "anna"});
    EXPECT_EQ(copy.list().size(), 1U);
    EXPECT_TRUE(copy.damage().empty());
    EXPECT_EQ(copy.show(parse_version_reference("happy@production")).version, 1);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"backup"}, [&] { registry.back_up(shelf / "backup"); }));
}

TEST(VersionReference, names_a_version_by_number_or_tag) {
    EXPECT_EQ(parse_version_reference("a.b-c_1").name, "a.b-c_1");
    EXPECT_EQ(parse_version_reference("a@12").version, 12);
    EXPECT_EQ(parse_version_reference("a@v12").tag, "v12");
    for (const std::string bad : {"", "@1", "a@", "a@0", "a@99999999999999999999", "a@b@c", "a b", "../a"}) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {}, [&] { (void)parse_version_reference(bad); })) << bad;
    }
}

}  // namespace
}  // namespace contrans
