// Several processes write into one registry and are killed at random points: what was acknowledged is there, what is
// there is whole.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <random>
#include <set>
#include <thread>

#include "contrans/registry/audit_check.h"
#include "gtest/gtest.h"
#include "tests/registry/shelf_of_files.h"

namespace contrans {
namespace {

using testing::ShelfOfFiles;

constexpr int kWriters = 4;

/// Adds, tags and removes until it is killed; writes a line of what was acknowledged after each.
[[noreturn]] void write_without_end(const ShelfOfFiles& shelf, int writer, int round) {
    const std::string me = "w" + std::to_string(writer) + "r" + std::to_string(round);
    std::FILE* acknowledged = std::fopen((shelf / (me + ".done")).c_str(), "w");
    try {
        Registry registry(shelf.registry_folder(), {OpenMode::create, me});
        for (int i = 0;; ++i) {
            const std::string name = me + "-" + std::to_string(i);
            (void)registry.add({name, {shelf / "common.gguf", shelf.vector(name, static_cast<float>(i))}, "", ""});
            std::fprintf(acknowledged, "%s\n", name.c_str());
            std::fflush(acknowledged);
            registry.tag({name, 1, ""}, "new");
            if (i % 3 == 2) {  // one that was not acknowledged in this file
                (void)registry.add({name + "-passing", {shelf / (name + ".gguf")}, "", ""});
                (void)registry.remove({name + "-passing", 0, ""});
            }
        }
    } catch (const std::exception& error) {
        std::fprintf(acknowledged, "failed: %s\n", error.what());
        std::fflush(acknowledged);
        ::_exit(1);
    }
}

void write_and_be_killed(const ShelfOfFiles& shelf, int round, std::mt19937& random) {
    std::vector<pid_t> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) write_without_end(shelf, writer, round);
        writers.push_back(child);
    }
    for (const pid_t child : writers) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 200));
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status)) << "a writer failed by itself";
    }
}

std::vector<std::string> acknowledged(const ShelfOfFiles& shelf) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(shelf / ".")) {
        if (entry.path().extension() != ".done") continue;
        std::istringstream lines(testing::read_bytes(entry.path()));
        for (std::string line; std::getline(lines, line);) names.push_back(line);
    }
    return names;
}

TEST(ParallelWriters, that_are_killed_lose_nothing_that_was_acknowledged) {
    std::mt19937 random(7);
    ShelfOfFiles shelf;
    (void)shelf.vector("common", 0.5F);
    (void)shelf.open();
    // A slow disk takes more rounds until there is something to lose.
    for (int round = 0; round < 5 || (acknowledged(shelf).size() <= 20 && round < 60); ++round)
        write_and_be_killed(shelf, round, random);

    Registry registry = shelf.open(OpenMode::existing);
    EXPECT_EQ(registry.damage(), std::vector<std::string>{});
    std::set<std::string> there;
    for (const ConceptVersion& version : registry.list()) there.insert(version.name);
    const std::vector<std::string> promised = acknowledged(shelf);
    EXPECT_GT(promised.size(), 20U);
    for (const std::string& name : promised) EXPECT_TRUE(there.contains(name)) << name;
    AuditCheck check;
    registry.database().read([&](soci::session& session) { check = check_audit(session); });
    EXPECT_TRUE(check.holds()) << check.problems.front();
    EXPECT_GE(check.records, static_cast<std::int64_t>(promised.size()));
}

TEST(ParallelWriters, wait_for_each_other_and_say_so_when_it_takes_too_long) {
    ShelfOfFiles shelf;
    Registry registry = shelf.open();
    Registry patient = shelf.open();
    const auto file = shelf.vector("a", 1);
    std::jthread holder([&] {
        registry.database().write([](soci::session&) { std::this_thread::sleep_for(std::chrono::milliseconds(400)); });
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(patient.add({"happy", {file}, "", ""}).version, 1);
    holder.join();
    testing::set_patience(patient.database(), std::chrono::milliseconds(50));
    registry.database().write([&](soci::session&) {
        try {
            patient.tag({"happy", 1, ""}, "x");
            ADD_FAILURE() << "it was not locked";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::io);
            EXPECT_NE(std::string(error.what()).find(": locked"), std::string::npos) << error.what();
        }
    });
}

}  // namespace
}  // namespace contrans
