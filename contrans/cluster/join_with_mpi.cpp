// The other join_job is join_without_mpi.cpp; CMakeLists.txt chooses.
#include <cstdlib>
#include <thread>

#include "contrans/cluster/job.h"
#include "contrans/cluster/launch.h"
#include "contrans/cluster/lone_job.h"
#include "contrans/cluster/mpi_communicator.h"
#include "contrans/core/error.h"

namespace contrans {
namespace {

/// MPI itself: begun when made, left when destroyed.
class MpiLibrary {
public:
    MpiLibrary() {
        int provided = 0;
        // Engines run threads of their own; the one that joined is the one that speaks to MPI.
        if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
            provided < MPI_THREAD_FUNNELED) {
            throw Error(ErrorKind::io, "mpirun: MPI does not start in a program with threads");
        }
    }
    ~MpiLibrary() { MPI_Finalize(); }
    MpiLibrary(const MpiLibrary&) = delete;
    MpiLibrary& operator=(const MpiLibrary&) = delete;
};

std::size_t count_ranks_here() {
    MPI_Comm here = MPI_COMM_NULL;
    int size = 1;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
    MPI_Comm_size(here, &size);
    MPI_Comm_free(&here);
    return static_cast<std::size_t>(size);
}

class MpiJob : public Job {
public:
    explicit MpiJob(const std::stop_token& stop) : ranks_(stop), ranks_here_(count_ranks_here()), stop_(stop) {}

    [[nodiscard]] Communicator& ranks() override { return ranks_; }
    [[nodiscard]] std::size_t ranks_here() const override { return ranks_here_; }

    [[nodiscard]] bool hears_another(std::chrono::milliseconds time) override {
        const auto until = std::chrono::steady_clock::now() + time;
        do {
            if (ranks_.hears_call()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        } while (std::chrono::steady_clock::now() < until);
        return false;
    }

    void tell(std::size_t rank) override { ranks_.call(rank); }

    void await_end(int exit_code) override {
        // The first process that ends makes mpirun kill the others, the one that speaks among them.
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        for (int looks = 0; looks < 500 && !stop_.stop_requested(); ++looks)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::_Exit(exit_code);
    }

    void abort(int exit_code) override {
        MPI_Abort(MPI_COMM_WORLD, exit_code);
        std::_Exit(exit_code);
    }

private:
    MpiLibrary library_;
    MpiCommunicator ranks_;
    std::size_t ranks_here_;
    std::stop_token stop_;
};

}  // namespace

std::unique_ptr<Job> join_job(std::stop_token stop) {
    const auto launch = launch_from_environment();
    if (!launch) return std::make_unique<LoneJob>();
    auto job = std::make_unique<MpiJob>(stop);
    if (launch->size.value_or(0) > job->ranks().size()) {
        throw Error(ErrorKind::argument, "mpirun: started " + std::to_string(*launch->size) +
                                             " processes that do not find each other, as it belongs to another MPI "
                                             "than this contrans; use OpenMPI's mpirun");
    }
    return job;
}

bool built_with_mpi() { return true; }

}  // namespace contrans
