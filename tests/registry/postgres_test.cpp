// What is PostgreSQL's own: several writers at once, a role that may not write, and where backups come from.
#include <soci/soci.h>

#include <thread>
#include <vector>

#include "contrans/registry/audit_check.h"
#include "contrans/registry/registry.h"
#include "contrans/registry/registry_location.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/registry/postgres_databases.h"

namespace contrans {
namespace {

using testing::throws_error;

AuditEvent event_by(const std::string& actor) {
    AuditEvent event;
    event.actor = actor;
    event.action = "test";
    return event;
}

class PostgresTest : public ::testing::Test {
protected:
    PostgresTest() { testing::give_database(folder_.path()); }
    Database open() { return Database(registry_backend(folder_.path(), OpenMode::existing)); }

    testing::TemporaryFolder folder_;
};

TEST_F(PostgresTest, many_writers_keep_one_chain) {
    { const Database made = open(); }
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 6; ++writer) {
        writers.emplace_back([&, writer] {
            Database database = open();
            for (int i = 0; i < 30; ++i) {
                database.write([&](soci::session& session) {
                    append_audit(session, system_time(), event_by(std::to_string(writer)));
                });
            }
        });
    }
    writers.clear();
    Database database = open();
    database.read([](soci::session& session) {
        const AuditCheck check = check_audit(session);
        EXPECT_TRUE(check.holds()) << check.problems.front();
        EXPECT_EQ(check.records, 180);
    });
}

TEST_F(PostgresTest, several_may_make_the_tables_at_once) {
    std::vector<std::jthread> openers;
    for (int i = 0; i < 6; ++i) openers.emplace_back([&] { const Database database = open(); });
    openers.clear();
    open().read([](soci::session& session) {
        long long rows = 0;
        session << "SELECT COUNT(*) FROM schema_version", soci::into(rows);
        EXPECT_EQ(rows, 1);
    });
}

TEST_F(PostgresTest, a_reader_sees_one_moment) {
    Database reading = open();
    Database writing = open();
    const auto count = [](soci::session& session) {
        long long rows = 0;
        session << "SELECT COUNT(*) FROM audit", soci::into(rows);
        return rows;
    };
    reading.read([&](soci::session& session) {
        const long long before = count(session);
        writing.write([](soci::session& other) { append_audit(other, system_time(), event_by("anna")); });
        EXPECT_EQ(count(session), before);
    });
    reading.read([&](soci::session& session) { EXPECT_EQ(count(session), 1); });
}

TEST_F(PostgresTest, a_role_that_may_not_write_is_told) {
    Database owner = open();
    owner.write([](soci::session& session) { session << "CREATE TABLE other (x BIGINT)"; });
    Database reader = open();
    EXPECT_TRUE(throws_error(ErrorKind::io, {"the role may not"}, [&] {
        reader.read([](soci::session& session) { session << "INSERT INTO other (x) VALUES (1)"; });
    }));
}

TEST_F(PostgresTest, a_connection_that_was_lost_is_made_again) {
    Database database = open();
    long long process = 0, ended = 0;
    database.read([&](soci::session& session) { session << "SELECT pg_backend_pid()", soci::into(process); });
    open().write([&](soci::session& session) {
        session << "SELECT CAST(pg_terminate_backend(CAST(:process AS INTEGER)) AS INTEGER)",
            soci::use(process, "process"), soci::into(ended);
    });
    const auto write = [&] {
        database.write([](soci::session& session) { append_audit(session, system_time(), event_by("anna")); });
    };
    EXPECT_TRUE(throws_error(ErrorKind::io, {"postgresql://"}, write));
    write();
}

TEST_F(PostgresTest, backups_are_the_servers_own) {
    Database database = open();
    EXPECT_TRUE(
        throws_error(ErrorKind::argument, {"pg_dump"}, [&] { database.copy_to(folder_ / "backup/registry.db"); }));
}

}  // namespace
}  // namespace contrans
