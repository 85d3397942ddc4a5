#include "contrans/registry/audit_writer.h"

#include <chrono>
#include <thread>

#include "contrans/registry/audit_check.h"
#include "contrans/registry/registry_location.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/registry/shelf_of_files.h"

namespace contrans {
namespace {

using std::chrono::milliseconds;
using testing::ShelfOfFiles;
using testing::throws_error;

Database database_of(const ShelfOfFiles& shelf, int busy = 10'000) {
    Database database(registry_backend(shelf / "registry", OpenMode::existing));
    testing::set_patience(database, std::chrono::milliseconds(busy));
    return database;
}

AuditEvent event(const std::string& detail) {
    AuditEvent made;
    made.actor = "anna";
    made.action = "request";
    made.detail = detail;
    return made;
}

std::vector<std::string> details(Registry& registry) {
    std::vector<std::string> all;
    registry.database().read([&](soci::session& session) {
        EXPECT_TRUE(check_audit(session).holds());
        read_audit(session, {}, [&](const AuditRecord& record) { all.push_back(record.event.detail); });
    });
    return all;
}

TEST(AuditWriter, writes_what_many_threads_give_it_before_it_ends) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    {
        AuditWriter writer(database_of(shelf), {});
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&writer, t] {
                for (int i = 0; i < 250; ++i) writer.append(event(std::to_string(t) + "." + std::to_string(i)));
            });
        }
    }
    const auto written = details(registry);
    EXPECT_EQ(written.size(), 1000U);
    std::vector<std::string> of_one;
    for (const std::string& each : written)
        if (each.starts_with("2.")) of_one.push_back(each);
    EXPECT_EQ(of_one.front(), "2.0");
    EXPECT_EQ(of_one.back(), "2.249");
}

TEST(AuditWriter, append_now_returns_when_it_and_all_before_are_written) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    AuditWriterOptions patient;
    patient.gather = std::chrono::hours(1);
    AuditWriter writer(database_of(shelf), patient);
    writer.append(event("first"));
    writer.append_now(event("second"));
    EXPECT_EQ(details(registry), (std::vector<std::string>{"first", "second"}));
}

TEST(AuditWriter, never_waits_for_a_database_that_is_locked_and_goes_on_afterwards) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    std::vector<std::string> trouble;
    AuditWriterOptions options;
    options.gather = options.retry = milliseconds(10);
    options.most_waiting = 3;
    options.on_trouble = [&](const std::string& text) { trouble.push_back(text); };
    {
        AuditWriter writer(database_of(shelf, 20), options);
        registry.database().write([&](soci::session&) {
            const auto began = std::chrono::steady_clock::now();
            for (int i = 0; i < 4; ++i) writer.append(event(std::to_string(i)));
            EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(10'000)) << "SQLite's wait is longer";
            EXPECT_TRUE(writer.behind());
            EXPECT_TRUE(throws_error(ErrorKind::io, {": locked"}, [&] { writer.append_now(event("refused")); }));
        });
        for (int looks = 0; looks < 1000 && writer.behind(); ++looks) std::this_thread::sleep_for(milliseconds(10));
        EXPECT_FALSE(writer.behind());
    }
    EXPECT_EQ(details(registry), (std::vector<std::string>{"0", "1", "2", "3"}));
    ASSERT_FALSE(trouble.empty());
    EXPECT_NE(trouble.front().find("locked"), std::string::npos) << trouble.front();
}

TEST(AuditWriter, says_what_is_lost_when_it_ends_without_a_database) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    std::vector<std::string> trouble;
    AuditWriterOptions options;
    options.gather = milliseconds(0);
    options.on_trouble = [&](const std::string& text) { trouble.push_back(text); };
    registry.database().write([&](soci::session&) {
        AuditWriter writer(database_of(shelf, 20), options);
        writer.append(event("a"));
        writer.append(event("b"));
    });
    ASSERT_FALSE(trouble.empty());
    EXPECT_NE(trouble.back().find("2 records"), std::string::npos) << trouble.back();
}

}  // namespace
}  // namespace contrans
