// contrans under mpirun: several ranks do the work of one process, and fail as one.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/workbench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::ProgramResult;
using testing::ProgramSetup;
using testing::RunningProgram;
using testing::Workbench;

using Launcher = std::vector<std::string>;

constexpr const char* kGlobal = "--threads 1 --keep-quants ";  // as Workbench::run has them
constexpr const char* kHarvest =
    "harvest --model source.gguf --texts many.txt --position all --shard-tokens 600 --json ";

Launcher mpirun(std::size_t ranks) {
    return {CONTRANS_MPIRUN, "--quiet", "--oversubscribe", "--bind-to", "none", "-n", std::to_string(ranks)};
}

/// Each rank begins in the folder that is named after it.
Launcher mpirun_in_own_folders(std::size_t ranks) {
    Launcher launcher = mpirun(ranks);
    launcher.insert(launcher.end(), {"sh", "-c", "cd rank$OMPI_COMM_WORLD_RANK && exec \"$@\"", "sh"});
    return launcher;
}

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files[entry.path().filename()] = testing::read_bytes(entry.path());
    return files;
}

/// Texts whose lengths differ by a factor of ten.
std::string texts(std::size_t n) {
    std::string lines;
    for (std::size_t i = 0; i < n; ++i) {
        lines += "Text " + std::to_string(i * 7919 % 1000);
        for (std::size_t k = 0; k < i * i % 13; ++k) lines += " which goes on and on";
        lines += ".\n";
    }
    return lines;
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
        std::ifstream status(entry.path() / "status");
        for (std::string line; std::getline(status, line);) {
            if (line == "PPid:\t" + std::to_string(parent)) children.push_back(std::stoi(name));
        }
    }
    std::sort(children.begin(), children.end());
    return children;
}

/// Whether the process is gone within some seconds; one that nobody reaps is.
bool ends(pid_t process) {
    for (int looks = 0; looks < 500; ++looks) {
        std::ifstream status("/proc/" + std::to_string(process) + "/status");
        std::string state = "none";
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with("State:")) state = line;
        }
        if (state == "none" || state.find("zombie") != std::string::npos) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

class Ranks : public ::testing::Test {
protected:
    Ranks() {
        ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
        ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
        testing::write_bytes(bench_ / "many.txt", texts(400));
    }

    [[nodiscard]] ProgramResult run(const std::string& arguments, const Launcher& launcher) const {
        ProgramSetup setup;
        setup.launcher = launcher;
        return bench_.run(arguments, setup);
    }
    [[nodiscard]] RunningProgram start(const std::string& arguments, const Launcher& launcher) const {
        return {kGlobal + arguments, {.folder = bench_.path(), .out_file = "", .file_limit = {}, .launcher = launcher}};
    }
    [[nodiscard]] std::map<std::string, std::string> files(const std::string& folder) const {
        return files_of(bench_ / folder);
    }
    [[nodiscard]] std::map<std::string, std::string> files_of_one_process() const {
        const ProgramResult one = bench_.run(std::string(kHarvest) + "--out one");
        EXPECT_EQ(one.exit_code, 0) << one.error;
        return files("one");
    }

    Workbench bench_;
};

TEST_F(Ranks, harvest_the_bytes_of_one_process) {
    const auto expected = files_of_one_process();
    ASSERT_GT(json::parse(expected.at("index.json"))["shards"].size(), 6U);
    const json one = json::parse(bench_.run(std::string(kHarvest) + "--out again").out);
    for (const std::size_t ranks : {2U, 3U, 4U}) {
        const std::string folder = "ranks" + std::to_string(ranks);
        const ProgramResult result = run(kHarvest + ("--out " + folder), mpirun(ranks));
        ASSERT_EQ(result.exit_code, 0) << result.error;
        const json object = json::parse(result.out);  // one object: the first rank's
        EXPECT_EQ(object["tokens_read"], one["tokens_read"]);
        EXPECT_EQ(object["rows"], one["rows"]);
        EXPECT_EQ(files(folder), expected) << ranks;
    }
}

TEST_F(Ranks, may_be_more_than_there_is_work) {
    testing::write_bytes(bench_ / "many.txt", texts(3));
    const auto expected = files_of_one_process();
    ASSERT_EQ(json::parse(expected.at("index.json"))["shards"].size(), 1U);
    const ProgramResult result = run(std::string(kHarvest) + "--out shared", mpirun(4));
    ASSERT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(files("shared"), expected);
    const ProgramResult again = run(std::string(kHarvest) + "--out shared", mpirun(2));
    ASSERT_EQ(again.exit_code, 0) << again.error;
    EXPECT_EQ(json::parse(again.out)["tokens_read"], 0);
}

// SIGKILL to one rank at random moments; each run goes on with another number of ranks.
TEST_F(Ranks, of_which_one_is_killed_go_on_byte_for_byte) {
    const auto expected = files_of_one_process();
    const std::string command = std::string("--quiet ") + kHarvest + "--out states";
    std::mt19937 random(5);
    int killed = 0;
    for (int n = 0; killed < 8; ++n) {
        ASSERT_LT(n, 60);
        const std::size_t ranks = 2 + random() % 3;
        RunningProgram job = start(command, mpirun(ranks));
        std::vector<pid_t> processes;
        while (processes.size() < ranks) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            processes = children_of(job.process());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 700));
        ::kill(processes[random() % ranks], SIGKILL);
        const ProgramResult result = job.wait();
        if (result.exit_code == 0) {
            EXPECT_EQ(files("states"), expected);
            std::filesystem::remove_all(bench_ / "states");
            continue;
        }
        EXPECT_EQ(result.exit_code, 128 + SIGKILL) << result.error;
        EXPECT_LE(lines_in(result.error), 1U) << result.error;
        ++killed;
    }
    const ProgramResult last = run(command, mpirun(2));
    ASSERT_EQ(last.exit_code, 0) << last.error;
    EXPECT_EQ(files("states"), expected);
}

TEST_F(Ranks, say_what_is_kept_when_one_of_them_dies) {
    testing::write_bytes(bench_ / "many.txt", texts(20000));
    RunningProgram job = start(std::string("--quiet ") + kHarvest + "--out states", mpirun(3));
    while (!std::filesystem::exists(bench_ / "states/shard-00004.tokens.npy"))
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ::kill(children_of(job.process()).back(), SIGKILL);
    const ProgramResult result = job.wait();
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
    EXPECT_EQ(lines_in(result.error), 1U) << result.error;
    for (const std::string part :
         {"contrans: rank ", " of 3 on ", "interrupted: ", " the same command ", "or a rank died"})
        EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
}

TEST_F(Ranks, end_with_mpirun) {
    testing::write_bytes(bench_ / "many.txt", texts(20000));
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string folder = "states" + std::to_string(signal);
        RunningProgram job = start(std::string("--quiet ") + kHarvest + ("--out " + folder), mpirun(2));
        while (!std::filesystem::exists(bench_ / folder / "shard-00001.tokens.npy"))
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        const std::vector<pid_t> processes = children_of(job.process());
        job.send(signal);
        const ProgramResult result = job.wait();
        EXPECT_EQ(result.exit_code, 1) << "mpirun's own code";
        EXPECT_NE(result.error.find("interrupted: "), std::string::npos) << result.error;
        EXPECT_NE(result.error.find("the same command"), std::string::npos) << result.error;
        for (const pid_t process : processes) EXPECT_TRUE(ends(process)) << process;
    }
}

TEST_F(Ranks, end_with_130_when_one_of_them_is_interrupted) {
    testing::write_bytes(bench_ / "many.txt", texts(20000));
    RunningProgram job = start(std::string("--quiet ") + kHarvest + "--out states", mpirun(2));
    while (!std::filesystem::exists(bench_ / "states/shard-00002.tokens.npy"))
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ::kill(children_of(job.process()).back(), SIGINT);
    const ProgramResult result = job.wait();
    EXPECT_EQ(result.exit_code, 130) << result.error;
    EXPECT_EQ(lines_in(result.error), 1U) << result.error;
}

struct Refusal {
    std::string arguments;
    int exit_code;
    std::string text;
};

TEST_F(Ranks, say_once_what_befalls_all) {
    const std::vector<Refusal> refusals = {
        {"harvest --model source.gguf", 2, "--texts is required"},
        {"harvest --model source.gguf --texts many.txt --position fast --out x", 2, "position: must be last"},
        {"harvest --model none.gguf --texts many.txt --out x", 3, "none.gguf"},
        {"harvest --model source.gguf --texts none.txt --out x", 3, "none.txt"},
        {"harvest --model source.gguf --texts many.txt --layers 90 --out x", 2, "--layers"},
        {"inspect vector.gguf", 2, "contrans inspect runs in one process, and mpirun started 3"},
        {"generate --model source.gguf --prompt Hello", 2, "runs in one process"},
    };
    for (const Refusal& refusal : refusals) {
        const ProgramResult result = run(refusal.arguments, mpirun(3));
        EXPECT_EQ(result.exit_code, refusal.exit_code) << result.error;
        EXPECT_EQ(lines_in(result.error), 1U) << result.error;
        EXPECT_NE(result.error.find(refusal.text), std::string::npos) << result.error;
        EXPECT_EQ(result.out, "");
    }
    EXPECT_FALSE(std::filesystem::exists(bench_ / "x"));
}

TEST_F(Ranks, show_help_once) {
    const ProgramResult result = run("harvest --help", mpirun(3));
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, bench_.run("harvest --help").out);
}

// Two folders with the same names stand for two hosts that share nothing.
class Hosts : public Ranks {
protected:
    Hosts() {
        for (const std::string host : {"rank0", "rank1"}) {
            std::filesystem::create_directory(bench_ / host);
            for (const std::string file : {"source.gguf", "many.txt"})
                std::filesystem::copy_file(bench_ / file, bench_ / host / file);
        }
    }

    void expect_refusal_of_rank_1(const std::string& out, int exit_code, const std::string& text) const {
        const ProgramResult result = run("--quiet " + (kHarvest + ("--out " + out)), mpirun_in_own_folders(2));
        EXPECT_EQ(result.exit_code, exit_code) << result.error;
        EXPECT_EQ(lines_in(result.error), 1U) << result.error;
        EXPECT_NE(result.error.find("contrans: rank 1 of 2 on "), std::string::npos) << result.error;
        EXPECT_NE(result.error.find(text), std::string::npos) << result.error;
    }
};

TEST_F(Hosts, must_see_one_folder) {
    expect_refusal_of_rank_1("states", 3, "must be on a file system that all ranks see");
    EXPECT_FALSE(std::filesystem::exists(bench_ / "rank1/states"));
}

TEST_F(Hosts, must_read_the_same_texts) {
    testing::write_bytes(bench_ / "rank1/many.txt", texts(399));
    expect_refusal_of_rank_1("../states", 2, "this rank does not read what rank 0 reads (other texts)");
}

TEST_F(Hosts, must_read_with_the_same_model) {
    std::filesystem::copy_file(bench_ / "target.gguf", bench_ / "rank1/source.gguf",
                               std::filesystem::copy_options::overwrite_existing);
    expect_refusal_of_rank_1("../states", 2, "this rank does not read what rank 0 reads (model");
}

TEST_F(Hosts, need_the_model_each) {
    std::filesystem::remove(bench_ / "rank1/source.gguf");
    expect_refusal_of_rank_1("../states", 3, "source.gguf");
}

}  // namespace
}  // namespace contrans
