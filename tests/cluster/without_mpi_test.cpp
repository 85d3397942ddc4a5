// A build without MPI, whatever this one has: it is linked from the sources of one.
#include <cstdlib>

#include "contrans/cluster/job.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

TEST(WithoutMpi, SeveralProcessesAreRefused) {
    EXPECT_FALSE(built_with_mpi());
    ::setenv("PMI_RANK", "0", 1);
    ::setenv("PMI_SIZE", "4", 1);
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument,
                                      {"started 4 processes", "built without MPI", "-DCONTRANS_MPI=ON"},
                                      [] { (void)join_job({}); }));
    ::unsetenv("PMI_SIZE");
    EXPECT_TRUE(testing::throws_error(ErrorKind::argument, {"started several"}, [] { (void)join_job({}); }));
}

TEST(WithoutMpi, OneProcessRuns) {
    ::setenv("OMPI_COMM_WORLD_RANK", "0", 1);
    ::setenv("OMPI_COMM_WORLD_SIZE", "1", 1);
    EXPECT_EQ(join_job({})->ranks().size(), 1U);
}

}  // namespace
}  // namespace contrans
