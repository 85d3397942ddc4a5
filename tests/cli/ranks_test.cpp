// contrans under mpirun: several ranks do the work of one process, and fail as one.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/job_bench.h"

namespace contrans {
namespace {

using nlohmann::json;
using testing::files_of;
using testing::harvest_into;
using testing::mpirun;
using testing::own_lines_in;
using testing::patient_mpirun;
using testing::ProgramResult;
using testing::ranks_of;
using testing::RunningProgram;
using testing::uneven_texts;

class Ranks : public ::testing::Test {
protected:
    [[nodiscard]] std::map<std::string, std::string> files_of_one_process() const {
        const ProgramResult one = bench_.run(harvest_into("one"));
        EXPECT_EQ(one.exit_code, 0) << one.error;
        return files_of(bench_ / "one");
    }

    testing::JobBench bench_;
};

TEST_F(Ranks, harvest_the_bytes_of_one_process) {
    const auto expected = files_of_one_process();
    ASSERT_GT(json::parse(expected.at("index.json"))["shards"].size(), 6U);
    const json one = json::parse(bench_.run(harvest_into("again")).out);
    for (const std::size_t ranks : {2U, 3U, 4U}) {
        const std::string folder = "ranks" + std::to_string(ranks);
        const ProgramResult result = bench_.run(harvest_into(folder), mpirun(ranks));
        ASSERT_EQ(result.exit_code, 0) << result.error;
        const json object = json::parse(result.out);  // one object: the first rank's
        EXPECT_EQ(object["tokens_read"], one["tokens_read"]);
        EXPECT_EQ(object["rows"], one["rows"]);
        EXPECT_EQ(files_of(bench_ / folder), expected) << ranks;
    }
}

TEST_F(Ranks, fit_the_maps_of_one_process) {
    const ProgramResult one = bench_.run(testing::map_to("one.gguf"));
    ASSERT_EQ(one.exit_code, 0) << one.error;
    for (const std::size_t ranks : {2U, 4U}) {
        const std::string file = "ranks" + std::to_string(ranks) + ".gguf";
        const ProgramResult result = bench_.run(testing::map_to(file), mpirun(ranks));
        ASSERT_EQ(result.exit_code, 0) << result.error;
        EXPECT_EQ(json::parse(result.out)["texts"], 500);  // one object: the first rank's
        EXPECT_LT(testing::difference_of_maps(bench_ / file, bench_ / "one.gguf"), 1e-6) << ranks;
    }
}

TEST_F(Ranks, add_texts_to_statistics_as_one_process_does) {
    const std::string words = testing::read_bytes(bench_ / "words.txt");
    const std::size_t cut = words.find('\n', words.size() / 2) + 1;
    testing::write_bytes(bench_ / "words.txt", words.substr(0, cut));
    const ProgramResult first = bench_.run(testing::map_to("first.gguf") + " --keep-statistics sums.gguf");
    ASSERT_EQ(first.exit_code, 0) << first.error;
    testing::write_bytes(bench_ / "words.txt", words.substr(cut));
    const std::string add =
        "map --source source.gguf --target target.gguf --corpus words.txt --neutral neutral.txt "
        "--add-statistics sums.gguf --json --out ";
    const ProgramResult one = bench_.run(add + "one.gguf");
    ASSERT_EQ(one.exit_code, 0) << one.error;
    const ProgramResult three = bench_.run(add + "three.gguf", mpirun(3));
    ASSERT_EQ(three.exit_code, 0) << three.error;
    EXPECT_EQ(json::parse(three.out)["texts"], 500);
    EXPECT_LT(testing::difference_of_maps(bench_ / "three.gguf", bench_ / "one.gguf"), 1e-6);
}

TEST_F(Ranks, leave_no_map_when_one_of_them_dies) {
    testing::write_bytes(bench_ / "words.txt", uneven_texts(20000));
    const auto before = bench_.workbench().files();
    for (const std::size_t victim : {0U, 2U}) {
        RunningProgram job = bench_.start(testing::map_to("new.gguf"), patient_mpirun(3));
        const std::vector<pid_t> processes = testing::joined_ranks(job.process(), 3);
        ASSERT_EQ(processes.size(), 3U);
        ASSERT_TRUE(testing::works(processes[victim]));
        ::kill(processes[victim], SIGKILL);
        const ProgramResult result = job.wait();
        EXPECT_EQ(result.exit_code, 128 + SIGKILL) << result.error;
        EXPECT_EQ(own_lines_in(result.error), 1U) << result.error;
        for (const std::string part : {"contrans: rank ", " of 3 on ", "interrupted", "or a rank died"})
            EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
        EXPECT_EQ(result.out, "");
        EXPECT_EQ(bench_.workbench().files(), before);
        for (const pid_t process : processes) EXPECT_TRUE(testing::ends(process)) << process;
    }
}

TEST_F(Ranks, refuse_a_maps_bad_input_once) {
    const ProgramResult result =
        bench_.run("--quiet " + testing::map_to("new.gguf") + " --target-layers 2:9", mpirun(3));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(own_lines_in(result.error), 1U) << result.error;
    EXPECT_FALSE(std::filesystem::exists(bench_ / "new.gguf"));
}

TEST_F(Ranks, may_be_more_than_there_is_work) {
    testing::write_bytes(bench_ / "many.txt", uneven_texts(3));
    const auto expected = files_of_one_process();
    ASSERT_EQ(json::parse(expected.at("index.json"))["shards"].size(), 1U);
    const ProgramResult result = bench_.run(harvest_into("shared"), mpirun(4));
    ASSERT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(files_of(bench_ / "shared"), expected);
    const ProgramResult again = bench_.run(harvest_into("shared"), mpirun(2));
    ASSERT_EQ(again.exit_code, 0) << again.error;
    EXPECT_EQ(json::parse(again.out)["tokens_read"], 0);
}

// SIGKILL to one rank at random moments; each run goes on with another number of ranks.
TEST_F(Ranks, of_which_one_is_killed_go_on_byte_for_byte) {
    const auto expected = files_of_one_process();
    std::mt19937 random(5);
    int killed = 0;
    for (int n = 0; killed < 8; ++n) {
        ASSERT_LT(n, 60);
        const std::size_t ranks = 2 + random() % 3;
        RunningProgram job = bench_.start(harvest_into("states"), patient_mpirun(ranks));
        const std::vector<pid_t> processes = testing::joined_ranks(job.process(), ranks);
        ASSERT_EQ(processes.size(), ranks);
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 700));
        ::kill(processes[random() % ranks], SIGKILL);
        const ProgramResult result = job.wait();
        if (result.exit_code == 0) {
            EXPECT_EQ(files_of(bench_ / "states"), expected);
            std::filesystem::remove_all(bench_ / "states");
            continue;
        }
        EXPECT_EQ(result.exit_code, 128 + SIGKILL) << result.error;
        EXPECT_LE(own_lines_in(result.error), 1U) << result.error;
        ++killed;
    }
    const ProgramResult last = bench_.run(harvest_into("states"), mpirun(2));
    ASSERT_EQ(last.exit_code, 0) << last.error;
    EXPECT_EQ(files_of(bench_ / "states"), expected);
}

TEST_F(Ranks, say_what_is_kept_when_one_of_them_dies) {
    testing::write_bytes(bench_ / "many.txt", uneven_texts(20000));
    RunningProgram job = bench_.start(harvest_into("states"), patient_mpirun(3));
    ASSERT_TRUE(testing::appears(bench_ / "states/shard-00004.tokens.npy"));
    ::kill(ranks_of(job.process()).back(), SIGKILL);
    const ProgramResult result = job.wait();
    EXPECT_EQ(result.exit_code, 128 + SIGKILL);
    EXPECT_EQ(own_lines_in(result.error), 1U) << result.error;
    for (const std::string part :
         {"contrans: rank ", " of 3 on ", "interrupted: ", " the same command ", "or a rank died"})
        EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
}

TEST_F(Ranks, end_with_mpirun) {
    testing::write_bytes(bench_ / "many.txt", uneven_texts(20000));
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string folder = "states" + std::to_string(signal);
        RunningProgram job = bench_.start(harvest_into(folder), patient_mpirun(2));
        ASSERT_TRUE(testing::appears(bench_ / folder / "shard-00001.tokens.npy"));
        const std::vector<pid_t> processes = ranks_of(job.process());
        job.send(signal);
        const ProgramResult result = job.wait();
        EXPECT_EQ(result.exit_code, 1) << "mpirun's own code";
        EXPECT_NE(result.error.find("interrupted: "), std::string::npos) << result.error;
        EXPECT_NE(result.error.find("the same command"), std::string::npos) << result.error;
        for (const pid_t process : processes) EXPECT_TRUE(testing::ends(process)) << process;
    }
}

TEST_F(Ranks, end_with_130_when_one_of_them_is_interrupted) {
    testing::write_bytes(bench_ / "many.txt", uneven_texts(20000));
    RunningProgram job = bench_.start(harvest_into("states"), patient_mpirun(2));
    ASSERT_TRUE(testing::appears(bench_ / "states/shard-00002.tokens.npy"));
    ::kill(ranks_of(job.process()).back(), SIGINT);
    const ProgramResult result = job.wait();
    EXPECT_EQ(result.exit_code, 130) << result.error;
    EXPECT_EQ(own_lines_in(result.error), 1U) << result.error;
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
        const ProgramResult result = bench_.run(refusal.arguments, mpirun(3));
        EXPECT_EQ(result.exit_code, refusal.exit_code) << result.error;
        EXPECT_EQ(own_lines_in(result.error), 1U) << result.error;
        EXPECT_NE(result.error.find(refusal.text), std::string::npos) << result.error;
        EXPECT_EQ(result.out, "");
    }
    EXPECT_FALSE(std::filesystem::exists(bench_ / "x"));
}

TEST_F(Ranks, show_help_once) {
    const ProgramResult result = bench_.run("harvest --help", mpirun(3));
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.out, bench_.run("harvest --help").out);
}

/// Each rank begins in the folder that is named after it: hosts that share nothing but what is above.
testing::Launcher mpirun_in_own_folders(std::size_t ranks) {
    testing::Launcher launcher = mpirun(ranks);
    launcher.insert(launcher.end(), {"sh", "-c", "cd rank$OMPI_COMM_WORLD_RANK && exec \"$@\"", "sh"});
    return launcher;
}

class Folders : public Ranks {
protected:
    Folders() {
        for (const std::string rank : {"rank0", "rank1"}) {
            std::filesystem::create_directory(bench_ / rank);
            for (const std::string file : {"source.gguf", "many.txt"})
                std::filesystem::copy_file(bench_ / file, bench_ / rank / file);
        }
    }

    void expect_refusal_of_rank_1(const std::string& out, int exit_code, const std::string& text) const {
        const ProgramResult result = bench_.run("--quiet " + harvest_into(out), mpirun_in_own_folders(2));
        EXPECT_EQ(result.exit_code, exit_code) << result.error;
        EXPECT_EQ(own_lines_in(result.error), 1U) << result.error;
        EXPECT_NE(result.error.find("contrans: rank 1 of 2 on "), std::string::npos) << result.error;
        EXPECT_NE(result.error.find(text), std::string::npos) << result.error;
    }
};

TEST_F(Folders, must_be_one) {
    expect_refusal_of_rank_1("states", 3, "must be on a file system that all ranks see");
    EXPECT_FALSE(std::filesystem::exists(bench_ / "rank1/states"));
}

TEST_F(Folders, must_hold_the_same_texts) {
    testing::write_bytes(bench_ / "rank1/many.txt", uneven_texts(399));
    expect_refusal_of_rank_1("../states", 2, "this rank does not read what rank 0 reads (other texts)");
}

TEST_F(Folders, must_hold_the_same_model) {
    std::filesystem::copy_file(bench_ / "target.gguf", bench_ / "rank1/source.gguf",
                               std::filesystem::copy_options::overwrite_existing);
    expect_refusal_of_rank_1("../states", 2, "this rank does not read what rank 0 reads (model");
}

// One host expands slow quants and the other cannot: states that differ by 2% must not be mixed.
TEST_F(Ranks, must_have_loaded_the_same_weights) {
    bench_.workbench().write_expanding_cache("cache0");
    testing::Launcher launcher = mpirun(2);
    launcher.insert(launcher.end(), {"sh", "-c", "CONTRANS_CACHE=cache$OMPI_COMM_WORLD_RANK exec \"$@\"", "sh"});
    for (const std::string& work : {harvest_into("states"), testing::map_to("new.gguf")}) {
        const ProgramResult result = testing::run_program(
            "--quiet --threads 1 " + work,
            {.folder = bench_.workbench().path(), .out_file = "", .file_limit = {}, .launcher = launcher});
        EXPECT_EQ(result.exit_code, 2) << result.error;
        EXPECT_EQ(own_lines_in(result.error), 1U) << result.error;
        for (const std::string part : {"contrans: rank 1 of 2 on ", "slow quants as BF16", "weights as in the file"})
            EXPECT_NE(result.error.find(part), std::string::npos) << result.error;
    }
    EXPECT_FALSE(std::filesystem::exists(bench_ / "new.gguf"));
}

TEST_F(Folders, must_hold_a_model_each) {
    std::filesystem::remove(bench_ / "rank1/source.gguf");
    expect_refusal_of_rank_1("../states", 3, "source.gguf");
}

}  // namespace
}  // namespace contrans
