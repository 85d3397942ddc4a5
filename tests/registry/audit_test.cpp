#include "contrans/registry/audit_export.h"

#include <chrono>
#include <fstream>
#include <iostream>

#include "contrans/core/csv_file.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/registry/shelf_of_files.h"

namespace contrans {
namespace {

using testing::ShelfOfFiles;
using testing::tamper;
using testing::throws_error;

AuditEvent request(int i) {
    return {"anna", "request", "happy;polite", "1;2", "0.5;-0.3", "14;10,14", "", "stop", "id " + std::to_string(i)};
}

void append(Registry& registry, int count, Microseconds at = 1'000'000) {
    std::vector<TimedEvent> events;
    for (int i = 0; i < count; ++i) events.push_back({at, request(i)});
    registry.database().write([&](soci::session& session) { append_audit(session, events); });
}

AuditCheck check(Registry& registry, const std::optional<AuditEnd>& kept = std::nullopt) {
    AuditCheck found;
    registry.database().read([&](soci::session& session) { found = check_audit(session, kept); });
    return found;
}

std::string problem(Registry& registry, const std::optional<AuditEnd>& kept = std::nullopt) {
    const AuditCheck found = check(registry, kept);
    return found.problems.empty() ? "" : found.problems.front();
}

AuditEnd head(Registry& registry) {
    AuditEnd end;
    registry.database().read([&](soci::session& session) { end = audit_head(session); });
    return end;
}

TEST(Audit, chain_holds_from_the_first_record_to_the_kept_end) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    EXPECT_TRUE(check(registry).holds());
    append(registry, 3);
    append(registry, 2);
    const AuditCheck found = check(registry);
    EXPECT_TRUE(found.holds()) << found.problems.front();
    EXPECT_EQ(found.records, 5);
    EXPECT_EQ(found.end, head(registry));
}

// The formula of audit_record.h by hand, through another program: printf '16:contrans-audit-1,64:000…,1:1,…' |
// sha256sum
TEST(Audit, hash_is_of_length_prefixed_fields) {
    AuditRecord record{1, 2, {"a", "b", "c", "d", "e", "f", "g", "h", "i"}, ""};
    EXPECT_EQ(chain_hash(kFirstHash, record), "69f97e1fa52bd1087a477dc50db2f84843b3fc183853e480ac24bea2c05b7bf2");
    const std::string before = chain_hash(kFirstHash, record);
    record.event.actor = "ab";
    record.event.action = "";
    EXPECT_NE(chain_hash(kFirstHash, record), before) << "bytes that move from one field to the next change the hash";
}

TEST(Audit, finds_every_field_that_is_edited) {
    for (const std::string column :
         {"actor", "action", "subject", "version", "dose", "layers", "rollout", "outcome", "detail", "hash"}) {
        ShelfOfFiles shelf;
        Registry registry = shelf.open();
        append(registry, 5);
        tamper(registry, "UPDATE audit SET " + column + " = " + column + " || ' ' WHERE place = 3");
        EXPECT_NE(problem(registry).find("record 3"), std::string::npos) << column << ": " << problem(registry);
    }
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    append(registry, 5);
    tamper(registry, "UPDATE audit SET at = at + 1 WHERE place = 5");
    EXPECT_NE(problem(registry).find("record 5"), std::string::npos);
}

TEST(Audit, finds_records_that_are_removed_reordered_or_put_in) {
    const auto after = [](const std::string& statement, const std::string& then = "") {
        ShelfOfFiles shelf;
        Registry registry = shelf.open();
        append(registry, 5);
        tamper(registry, statement);
        if (!then.empty()) tamper(registry, then);
        return problem(registry);
    };
    EXPECT_EQ(after("DELETE FROM audit WHERE place = 1"), "record 1 is missing");
    EXPECT_EQ(after("DELETE FROM audit WHERE place IN (2, 3)"), "records 2 to 3 are missing");
    EXPECT_NE(after("UPDATE audit SET place = 1009 - place WHERE place IN (4, 5)",
                    "UPDATE audit SET place = place - 1000 WHERE place > 1000")
                  .find("record 4"),
              std::string::npos);
    EXPECT_NE(after("DELETE FROM audit WHERE place = 5").find("last records are missing"), std::string::npos);
    EXPECT_NE(after("DELETE FROM audit").find("last records are missing"), std::string::npos);
    EXPECT_NE(after("INSERT INTO audit SELECT 6, at, actor, action, subject, version, dose, layers, rollout, outcome, "
                    "detail, hash FROM audit WHERE place = 5")
                  .find("record 6"),
              std::string::npos);
}

TEST(Audit, only_an_end_kept_elsewhere_finds_a_chain_that_was_written_anew) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    append(registry, 5);
    const AuditEnd kept = head(registry);
    append(registry, 2);
    EXPECT_EQ(problem(registry, kept), "");
    tamper(registry, "DELETE FROM audit");
    tamper(registry, "DELETE FROM audit_ends");
    append(registry, 9, 2'000'000);
    EXPECT_EQ(problem(registry), "") << "with the end in the same hands nothing is to be seen";
    EXPECT_NE(problem(registry, kept).find("kept elsewhere"), std::string::npos);
}

TEST(Audit, a_clock_that_is_set_back_changes_no_order) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    append(registry, 2, 5'000'000);
    append(registry, 2, 1'000'000);
    const AuditCheck found = check(registry);
    EXPECT_TRUE(found.holds());
    EXPECT_EQ(found.clock_set_back, 1);
}

TEST(Audit, a_cut_leaves_a_file_and_a_log_that_are_one_chain) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    append(registry, 4, 1'000'000);
    append(registry, 3, 9'000'000);
    const AuditCutResult cut = cut_audit(registry.database(), 5'000'000, "anna", 10'000'000, shelf / "old.jsonl");
    EXPECT_EQ(cut.records, 4);
    const AuditCheck left = check(registry);
    EXPECT_TRUE(left.holds()) << left.problems.front();
    EXPECT_EQ(left.records, 4) << "three and the cut's own";
    EXPECT_EQ(left.begin, cut.cut);
    const std::vector<std::filesystem::path> files = {shelf / "old.jsonl"};
    const AuditCheck kept = check_audit_files(files);
    EXPECT_TRUE(kept.holds());
    EXPECT_EQ(kept.end, left.begin);

    (void)cut_audit(registry.database(), 9'500'000, "anna", 11'000'000, shelf / "later.jsonl");
    EXPECT_TRUE(check(registry).holds());
    const std::vector<std::filesystem::path> both = {shelf / "old.jsonl", shelf / "later.jsonl"};
    EXPECT_TRUE(check_audit_files(both).holds());
    EXPECT_EQ(check_audit_files(both).records, 7);
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"no record before"}, [&] {
        (void)cut_audit(registry.database(), 1'000, "anna", 12'000'000, shelf / "none.jsonl");
    }));
    EXPECT_FALSE(std::filesystem::exists(shelf / "none.jsonl"));
}

TEST(Audit, records_that_are_removed_as_if_by_a_cut_are_found) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    append(registry, 6);
    std::string hash;
    registry.database().read(
        [&](soci::session& session) { session << "SELECT hash FROM audit WHERE place = 3", soci::into(hash); });
    tamper(registry, "DELETE FROM audit WHERE place <= 3");
    tamper(registry, "INSERT INTO audit_ends (which, place, hash) VALUES ('cut', 3, '" + hash + "')");
    EXPECT_NE(problem(registry).find("no record says so"), std::string::npos) << problem(registry);
}

TEST(Audit, evidence_of_tampering_is_not_cut_off) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    append(registry, 4);
    tamper(registry, "UPDATE audit SET dose = '9' WHERE place = 2");
    EXPECT_TRUE(throws_error(ErrorKind::format, {"record 2", "evidence"}, [&] {
        (void)cut_audit(registry.database(), 5'000'000, "anna", 6'000'000, shelf / "old.jsonl");
    }));
}

TEST(Audit, files_that_were_edited_are_found) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    append(registry, 5);
    EXPECT_EQ(export_audit(registry.database(), {}, AuditFormat::jsonl, shelf / "all.jsonl"), 5);
    std::string bytes = testing::read_bytes(shelf / "all.jsonl");
    bytes.replace(bytes.find("\"id 2\""), 6, "\"id 7\"");
    testing::write_bytes(shelf / "edited.jsonl", bytes);
    const std::vector<std::filesystem::path> whole = {shelf / "all.jsonl"}, edited = {shelf / "edited.jsonl"};
    EXPECT_TRUE(check_audit_files(whole).holds());
    EXPECT_EQ(check_audit_files(edited).n_problems, 1);
    testing::write_bytes(shelf / "no.jsonl", "{\"place\": \"one\"}\n");
    const std::vector<std::filesystem::path> none = {shelf / "no.jsonl"};
    EXPECT_TRUE(throws_error(ErrorKind::format, {"no.jsonl:1", "place"}, [&] { (void)check_audit_files(none); }));
}

TEST(Audit, csv_is_read_back_and_runs_no_formula) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    AuditEvent event = request(1);
    event.detail = "=cmd(\"x\"), and, commas";
    registry.database().write([&](soci::session& session) { append_audit(session, 1, event); });
    EXPECT_EQ(export_audit(registry.database(), {}, AuditFormat::csv, shelf / "all.csv"), 1);
    std::vector<std::vector<std::string>> rows;
    read_csv_records(shelf / "all.csv", [&](const auto& fields, const LinePlace&) { rows.push_back(fields); });
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].size(), rows[1].size());
    EXPECT_EQ(rows[1][1], "1970-01-01T00:00:00.000001Z");
    EXPECT_EQ(rows[1][10], "'=cmd(\"x\"), and, commas");
}

TEST(Audit, filters_choose_records) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    (void)registry.add({"happy", {shelf.vector("a", 1)}, "", ""});
    append(registry, 5, shelf.clock + 10);
    const auto count = [&](const AuditFilter& filter) {
        return export_audit(registry.database(), filter, AuditFormat::jsonl, shelf / "some.jsonl");
    };
    EXPECT_EQ(count({}), 6);
    AuditFilter filter;
    filter.action = "registry.";
    EXPECT_EQ(count(filter), 1);
    filter = {};
    filter.subject = "happy";
    EXPECT_EQ(count(filter), 6);
    registry.database().write([](soci::session& session) {
        AuditEvent several;
        several.action = "request";
        several.subject = "unhappy;happy;polite";
        append_audit(session, 1, several);
        several.subject = "unhappy;happyish";
        append_audit(session, 1, several);
    });
    EXPECT_EQ(count(filter), 7) << "wherever it stands in the list";
    filter.subject = "unhappy";
    EXPECT_EQ(count(filter), 2);
    filter.subject = "happy;polite";
    EXPECT_EQ(count(filter), 6);
    filter.subject = "hap%";
    EXPECT_EQ(count(filter), 0);
    filter = {};
    filter.newest = 2;
    EXPECT_EQ(count(filter), 2);
    filter = {};
    filter.from = shelf.clock + 10;
    EXPECT_EQ(count(filter), 5);
    filter = {};
    filter.actor = "bob";
    EXPECT_EQ(count(filter), 0);
}

double seconds_of(const std::function<void()>& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

// The goal is 2 s on an idle machine (docs/audit.md); here it is only said, and ten times that is a fault anywhere.
TEST(AuditSpeed, verifies_100000_records) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    const double written = seconds_of([&] { append(registry, 100'000); });
    AuditCheck found;
    const double verified = seconds_of([&] { found = check(registry); });
    EXPECT_TRUE(found.holds());
    EXPECT_EQ(found.records, 100'000);
    EXPECT_LT(verified, 20);
    std::cout << "100000 records: written in " << written << " s, verified in " << verified << " s\n";
}

}  // namespace
}  // namespace contrans
