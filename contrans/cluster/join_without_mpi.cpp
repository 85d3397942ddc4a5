// The other join_job is join_with_mpi.cpp; CMakeLists.txt chooses.
#include "contrans/cluster/job.h"
#include "contrans/cluster/launch.h"
#include "contrans/cluster/lone_job.h"
#include "contrans/core/error.h"

namespace contrans {

std::unique_ptr<Job> join_job(std::stop_token) {
    const auto launch = launch_from_environment();
    if (launch && launch->size.value_or(2) > 1) {
        throw Error(ErrorKind::argument,
                    "mpirun: started " + (launch->size ? std::to_string(*launch->size) : std::string("several")) +
                        " processes, but this contrans is built without MPI and each would do the whole work; build it "
                        "with -DCONTRANS_MPI=ON (scripts/install-packages --mpi), or start one");
    }
    return std::make_unique<LoneJob>();
}

bool built_with_mpi() { return false; }

}  // namespace contrans
