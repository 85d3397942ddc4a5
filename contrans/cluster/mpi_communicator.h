#pragma once

#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#include <cstddef>
#include <stop_token>

#include "contrans/cluster/communicator.h"

namespace contrans {

/// The ranks of an MPI communicator. MPI must outlive it, and MPI_COMM_WORLD's ranks must make one together.
///
/// A rank that waits for another looks for its message and rests in between, so that it takes little of a core and
/// sees a stop; MPI's own blocking calls spin and see none.
class MpiCommunicator : public Communicator {
public:
    /// @param piece_bytes  longest message given to MPI at once: it counts in int
    explicit MpiCommunicator(std::stop_token stop, std::size_t piece_bytes = std::size_t{1} << 30);

    [[nodiscard]] std::size_t rank() const override { return rank_; }
    [[nodiscard]] std::size_t size() const override { return size_; }
    void send(std::size_t to, std::span<const std::byte> message) override;
    void receive(std::size_t from, std::span<std::byte> message) override;

    /// A message of its own kind to another rank, which needs no receiver; best effort, for those who fail.
    void call(std::size_t rank);
    /// Whether another rank has called.
    [[nodiscard]] bool hears_call() const;

private:
    enum class Wait { resting, spinning };
    template <class Byte, class Post>
    void transfer(std::span<Byte> message, const Post& post);
    void finish(MPI_Request& request, Wait wait, const char* operation) const;

    MPI_Comm ranks_ = MPI_COMM_NULL;
    std::stop_token stop_;
    std::size_t piece_bytes_;
    std::size_t rank_ = 0;
    std::size_t size_ = 1;
};

}  // namespace contrans
