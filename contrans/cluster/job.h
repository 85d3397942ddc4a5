#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "contrans/cluster/communicator.h"

namespace contrans {

/// The processes that a launcher started together with this one, or this one alone. Destruction leaves the job, and
/// waits until all ranks do. One thread at a time.
class Job {
public:
    virtual ~Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    [[nodiscard]] virtual Communicator& ranks() = 0;
    /// Ranks on this host, this one among them.
    [[nodiscard]] virtual std::size_t ranks_here() const = 0;
    /// Whether another rank tells this one, within that time, that it has spoken of a failure. What all ranks meet is
    /// then said once.
    [[nodiscard]] virtual bool hears_another(std::chrono::milliseconds time) = 0;
    /// Tells that rank that this one has spoken. Best effort: it may be dead.
    virtual void tell(std::size_t rank) = 0;
    /// For those who do not speak: ends this process when the launcher asks it to, or after some seconds.
    virtual void await_end(int exit_code) = 0;
    /// Ends all ranks, this one too; the launcher returns `exit_code`.
    virtual void abort(int exit_code) = 0;

protected:
    Job() = default;
};

/// Joins the job that the environment tells of. Once a process.
/// @param stop  makes waits of its communicator throw Error{interrupted}
/// Throws Error{argument} when there are other processes that this one cannot join: contrans is built without MPI, or
/// with another one than the launcher's. They would all do the same work and write the same files.
[[nodiscard]] std::unique_ptr<Job> join_job(std::stop_token stop);

/// Whether join_job can join others.
[[nodiscard]] bool built_with_mpi();

/// "rank 2 of 4 on HOST", for messages.
[[nodiscard]] std::string describe(const Communicator& ranks);

}  // namespace contrans
