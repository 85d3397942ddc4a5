#include "contrans/cluster/launch.h"

#include <cstdlib>

#include "contrans/cluster/job.h"
#include "gtest/gtest.h"

namespace contrans {
namespace {

/// The variables of a launcher, while it stands.
class Environment {
public:
    Environment(const char* rank_variable, const char* rank, const char* size_variable, const char* size)
        : names_{rank_variable, size_variable} {
        ::setenv(rank_variable, rank, 1);
        ::setenv(size_variable, size, 1);
    }
    ~Environment() {
        for (const char* name : names_) ::unsetenv(name);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    const char* names_[2];
};

TEST(Launch, NobodyStartedThisTest) { EXPECT_FALSE(launch_from_environment()); }

TEST(Launch, RankAndSizeAreRead) {
    const Environment mpirun("OMPI_COMM_WORLD_RANK", "2", "OMPI_COMM_WORLD_SIZE", "4");
    const auto launch = launch_from_environment();
    ASSERT_TRUE(launch);
    EXPECT_EQ(launch->rank, 2U);
    EXPECT_EQ(launch->size, 4U);
}

TEST(Launch, ASizeMayBeUnknown) {
    const Environment srun("PMIX_RANK", "3", "PMI_SIZE", "many");
    const auto launch = launch_from_environment();
    ASSERT_TRUE(launch);
    EXPECT_EQ(launch->rank, 3U);
    EXPECT_FALSE(launch->size);
}

TEST(Launch, MpirunsGraceIsASecondUnlessItSaysOtherwise) {
    using std::chrono::seconds;
    EXPECT_EQ(grace_from_environment(), seconds(1));
    const Environment longer("OMPI_MCA_odls_base_sigkill_timeout", "4", "OMPI_COMM_WORLD_SIZE", "4");
    EXPECT_EQ(grace_from_environment(), seconds(4));
    const Environment odd("OMPI_MCA_odls_base_sigkill_timeout", "-1", "OMPI_COMM_WORLD_SIZE", "4");
    EXPECT_EQ(grace_from_environment(), seconds(1));
}

TEST(Job, AloneWithoutALauncher) {
    const auto job = join_job({});
    EXPECT_EQ(job->ranks().size(), 1U);
    EXPECT_EQ(job->ranks_here(), 1U);
    EXPECT_FALSE(job->hears_another(std::chrono::seconds(10)));
    EXPECT_EQ(describe(job->ranks()).find("rank 0 of 1 on "), 0U);
}

}  // namespace
}  // namespace contrans
