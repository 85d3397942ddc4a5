// contrans under mpirun over two hosts: network namespaces that talk through a cable alone (tests/cluster/two_hosts).
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/cli/job_bench.h"

namespace contrans {
namespace {

using testing::files_of;
using testing::harvest_into;
using testing::Launcher;
using testing::ProgramResult;
using testing::ranks_of;
using testing::RunningProgram;

Launcher two_hosts(std::size_t ranks) {
    return {CONTRANS_SOURCE_DIR "/tests/cluster/two_hosts", "--ranks", std::to_string(ranks)};
}

class TwoHosts : public ::testing::Test {
protected:
    testing::JobBench bench_;
};

TEST_F(TwoHosts, harvest_the_bytes_of_one_process) {
    ASSERT_EQ(bench_.run(harvest_into("one")).exit_code, 0);
    for (const std::size_t ranks : {2U, 4U}) {
        const std::string folder = "ranks" + std::to_string(ranks);
        const ProgramResult result = bench_.run(harvest_into(folder), two_hosts(ranks));
        ASSERT_EQ(result.exit_code, 0) << result.error;
        EXPECT_EQ(files_of(bench_ / folder), files_of(bench_ / "one")) << ranks;
    }
}

TEST_F(TwoHosts, fit_the_maps_of_one_process) {
    ASSERT_EQ(bench_.run(testing::map_to("one.gguf")).exit_code, 0);
    for (const std::size_t ranks : {2U, 4U}) {
        const std::string file = "ranks" + std::to_string(ranks) + ".gguf";
        const ProgramResult result = bench_.run(testing::map_to(file), two_hosts(ranks));
        ASSERT_EQ(result.exit_code, 0) << result.error;
        EXPECT_LT(testing::difference_of_maps(bench_ / file, bench_ / "one.gguf"), 1e-6) << ranks;
    }
}

TEST_F(TwoHosts, are_gone_when_the_script_is_ended) {
    testing::write_bytes(bench_ / "many.txt", testing::uneven_texts(20000));
    RunningProgram job = bench_.start(harvest_into("states"), two_hosts(2));
    const std::string hosts = "/run/netns/ct" + std::to_string(job.process());
    ASSERT_TRUE(testing::appears(bench_ / "states/shard-00001.tokens.npy"));
    const std::vector<pid_t> ranks = ranks_of(job.process());
    ASSERT_EQ(ranks.size(), 2U);
    EXPECT_TRUE(std::filesystem::exists(hosts + "a"));
    job.send(SIGTERM);
    (void)job.wait();
    for (const pid_t rank : ranks) EXPECT_TRUE(testing::ends(rank)) << rank;
    EXPECT_FALSE(std::filesystem::exists(hosts + "a"));
    EXPECT_FALSE(std::filesystem::exists(hosts + "b"));
}

TEST_F(TwoHosts, must_see_one_folder) {
    std::filesystem::create_directory(bench_ / "own");
    Launcher launcher = two_hosts(2);
    launcher.insert(launcher.end(), {"--own", bench_ / "own"});
    const ProgramResult result = bench_.run("--quiet " + harvest_into("own/states"), launcher);
    EXPECT_EQ(result.exit_code, 3) << result.error;
    EXPECT_EQ(testing::own_lines_in(result.error), 1U) << result.error;
    EXPECT_NE(result.error.find("contrans: rank 1 of 2 on second-host: own/states/index.json"), std::string::npos)
        << result.error;
    EXPECT_NE(result.error.find("on a file system that all ranks see"), std::string::npos) << result.error;
}

TEST_F(TwoHosts, go_on_after_a_rank_of_the_second_was_killed) {
    testing::write_bytes(bench_ / "many.txt", testing::uneven_texts(700));
    RunningProgram job = bench_.start(harvest_into("states"), two_hosts(2));
    ASSERT_TRUE(testing::appears(bench_ / "states/shard-00004.tokens.npy"));
    const std::vector<pid_t> ranks = ranks_of(job.process());
    ASSERT_EQ(ranks.size(), 2U);
    ::kill(ranks.back(), SIGKILL);
    const ProgramResult result = job.wait();
    EXPECT_EQ(result.exit_code, 128 + SIGKILL) << result.error;
    EXPECT_NE(result.error.find("contrans: rank 0 of 2 on first-host: interrupted: "), std::string::npos)
        << result.error;
    ASSERT_EQ(bench_.run(harvest_into("states")).exit_code, 0);
    ASSERT_EQ(bench_.run(harvest_into("one")).exit_code, 0);
    EXPECT_EQ(files_of(bench_ / "states"), files_of(bench_ / "one"));
}

}  // namespace
}  // namespace contrans
