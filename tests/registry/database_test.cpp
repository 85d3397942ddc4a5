#include "contrans/registry/database.h"

#include <soci/soci.h>

#include "contrans/registry/registry.h"
#include "contrans/registry/schema.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/hostile_disk.h"
#include "tests/registry/shelf_of_files.h"

namespace contrans {
namespace {

using testing::ShelfOfFiles;
using testing::throws_error;

TEST(SqliteDatabase, is_in_wal_mode_with_foreign_keys_and_a_version) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    registry.database().read([](soci::session& session) {
        std::string mode;
        long long keys = 0, version = 0;
        session << "PRAGMA journal_mode", soci::into(mode);
        session << "PRAGMA foreign_keys", soci::into(keys);
        session << "SELECT version FROM schema_version", soci::into(version);
        EXPECT_EQ(mode, "wal");
        EXPECT_EQ(keys, 1);
        EXPECT_EQ(version, kSchemaVersion);
    });
    EXPECT_TRUE(throws_error(ErrorKind::io, {"FOREIGN KEY"}, [&] {
        testing::tamper(registry, "INSERT INTO tags (name, tag, version) VALUES ('nobody', 'x', 1)");
    }));
}

TEST(Database, of_an_older_version_gets_the_tables_that_are_missing_and_keeps_its_rows) {
    ShelfOfFiles shelf;
    {
        Registry registry = shelf.open();
        testing::tamper(registry, "INSERT INTO concepts (name, folded, owner, last_version) VALUES ('a', 'a', 'b', 0)");
        for (const char* table :
             {"rollout_projections", "rollout_drifts", "persona_concepts", "persona_versions", "personas"}) {
            testing::tamper(registry, std::string("DROP TABLE ") + table);
        }
        testing::tamper(registry, "UPDATE schema_version SET version = 2");
    }
    Registry registry = shelf.open();
    registry.database().read([](soci::session& session) {
        long long version = 0, concepts = 0, drifts = 1, projections = 1;
        session << "SELECT version FROM schema_version", soci::into(version);
        session << "SELECT COUNT(*) FROM concepts", soci::into(concepts);
        session << "SELECT COUNT(*) FROM rollout_drifts", soci::into(drifts);
        session << "SELECT COUNT(*) FROM rollout_projections", soci::into(projections);
        EXPECT_EQ(version, kSchemaVersion);
        EXPECT_EQ(concepts, 1);
        EXPECT_EQ(drifts + projections, 0);
    });
}

TEST(Database, of_before_there_were_personas_gets_their_tables_and_keeps_its_rows) {
    ShelfOfFiles shelf;
    {
        Registry registry = shelf.open();
        testing::tamper(registry, "INSERT INTO concepts (name, folded, owner, last_version) VALUES ('a', 'a', 'b', 0)");
        for (const char* table : {"persona_concepts", "persona_versions", "personas"}) {
            testing::tamper(registry, std::string("DROP TABLE ") + table);
        }
        testing::tamper(registry, "UPDATE schema_version SET version = 3");
    }
    Registry registry = shelf.open();
    registry.database().read([](soci::session& session) {
        long long version = 0, concepts = 0, personas = 1;
        session << "SELECT version FROM schema_version", soci::into(version);
        session << "SELECT COUNT(*) FROM concepts", soci::into(concepts);
        session << "SELECT COUNT(*) FROM persona_concepts", soci::into(personas);
        EXPECT_EQ(version, kSchemaVersion);
        EXPECT_EQ(concepts, 1);
        EXPECT_EQ(personas, 0);
    });
}

TEST(Database, keeps_numbers_of_64_bits) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    registry.database().write([](soci::session& session) {
        const long long large = 0x7000'0000'0000'0001;
        session << "INSERT INTO audit_ends (which, place, hash) VALUES ('x', :n, '')", soci::use(large, "n");
        long long back = 0, highest = 0;
        session << "SELECT place FROM audit_ends", soci::into(back);
        session << "SELECT MAX(place) FROM audit_ends", soci::into(highest);
        EXPECT_EQ(back, large);
        EXPECT_EQ(highest, large);
    });
}

TEST(Database, a_transaction_that_throws_leaves_nothing) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    EXPECT_TRUE(throws_error(ErrorKind::numeric, {"why"}, [&] {
        registry.database().write([](soci::session& session) {
            session << "INSERT INTO concepts (name, folded, owner, last_version) VALUES ('x', 'x', 'x', 0)";
            throw Error(ErrorKind::numeric, "why");
        });
    }));
    registry.database().read([](soci::session& session) {
        long long count = 1;
        session << "SELECT COUNT(*) FROM concepts", soci::into(count);
        EXPECT_EQ(count, 0);
    });
}

TEST(Database, of_a_newer_program_is_refused) {
    ShelfOfFiles shelf;
    {
        Registry registry = shelf.open();
        testing::tamper(registry, "UPDATE schema_version SET version = 99");
    }
    EXPECT_TRUE(throws_error(ErrorKind::format, {"99", std::to_string(kSchemaVersion)}, [&] { (void)shelf.open(); }));
}

TEST(SqliteDatabase, of_something_else_is_refused) {
    ShelfOfFiles shelf;
    {
        Registry registry = shelf.open();
        testing::tamper(registry, "DROP TABLE schema_version");
    }
    EXPECT_TRUE(throws_error(ErrorKind::format, {"registry.db", "no registry"}, [&] { (void)shelf.open(); }));
    testing::write_bytes(shelf / "registry/registry.db", std::string(8192, 'x'));
    std::filesystem::remove(shelf / "registry/registry.db-wal");
    EXPECT_TRUE(throws_error(ErrorKind::format, {"registry.db", "no SQLite database"}, [&] { (void)shelf.open(); }));
}

TEST(SqliteDatabase, that_is_damaged_says_so) {
    ShelfOfFiles shelf;
    {
        Registry registry = shelf.open();
        for (int i = 0; i < 20; ++i) (void)registry.add({"c" + std::to_string(i), {shelf.vector("a", 1.0F)}, "", ""});
    }
    const std::filesystem::path file = shelf / "registry/registry.db";
    std::string bytes = testing::read_bytes(file);
    for (std::size_t at = 4096; at < bytes.size(); at += 64) bytes.replace(at, 8, "damaged!");
    testing::write_bytes(file, bytes);
    EXPECT_TRUE(throws_error(ErrorKind::format, {"registry.db", "damaged", "backup"}, [&] {
        Registry registry = shelf.open();
        (void)registry.list();
    }));
}

TEST(Database, that_is_not_there_is_made_only_when_asked_for) {
    ShelfOfFiles shelf;
    EXPECT_TRUE(
        throws_error(ErrorKind::io, {"registry", "no registry"}, [&] { (void)shelf.open(OpenMode::existing); }));
    EXPECT_FALSE(std::filesystem::exists(shelf.registry_folder()));
}

TEST(SqliteDatabase, that_is_full_refuses_and_goes_on_when_there_is_room) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    (void)registry.add({"first", {shelf.vector("a", 1)}, "", ""});
    long long pages = 0;
    registry.database().read([&](soci::session& session) { session << "PRAGMA page_count", soci::into(pages); });
    registry.database().read([&](soci::session& session) {
        long long most = 0;
        session << "PRAGMA max_page_count = " + std::to_string(pages), soci::into(most);
    });
    std::size_t added = 0;
    EXPECT_TRUE(throws_error(ErrorKind::io, {"registry.db", "full", "nothing was changed"}, [&] {
        for (; added < 500; ++added) {
            (void)registry.add({"c" + std::to_string(added), {shelf.vector("b", 2)}, "", std::string(900, 'n')});
        }
    }));
    EXPECT_EQ(registry.list().size(), added + 1);
    registry.database().read([&](soci::session& session) {
        long long most = 0;
        session << "PRAGMA max_page_count = 100000", soci::into(most);
    });
    EXPECT_EQ(registry.add({"last", {shelf.vector("b", 2)}, "", ""}).version, 1);
    EXPECT_TRUE(registry.damage().empty());
}

TEST(SqliteDatabase, whose_folder_may_not_be_written_is_refused) {
    ShelfOfFiles shelf;
    (void)shelf.open();
    using std::filesystem::perms;
    const perms look = static_cast<perms>(0555);
    std::filesystem::permissions(shelf.registry_folder().parent_path(), perms::owner_all | look);
    std::filesystem::permissions(shelf.registry_folder(), look);
    const testing::Unprivileged nobody;
    EXPECT_TRUE(throws_error(ErrorKind::io, {"registry.db"}, [&] {
        Registry registry = shelf.open();
        registry.tag(parse_version_reference("happy"), "x");
    }));
}

}  // namespace
}  // namespace contrans
