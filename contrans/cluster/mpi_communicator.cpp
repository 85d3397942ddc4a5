#include "contrans/cluster/mpi_communicator.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

constexpr int kLengthTag = 1;
constexpr int kReadyTag = 2;
constexpr int kDataTag = 3;
constexpr int kCallTag = 4;

// Looks before the first rest, and the rest between looks: a rank that waits for minutes takes some 2% of a core.
constexpr int kLooksAtOnce = 1000;
constexpr auto kRest = std::chrono::microseconds(50);

void check(int result, const char* operation) {
    if (result == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(result, text.data(), &length);
    throw Error(ErrorKind::io, std::string(operation) + ": MPI says " + text.data());
}

int as_rank(std::size_t rank) { return static_cast<int>(rank); }

}  // namespace

MpiCommunicator::MpiCommunicator(std::stop_token stop, std::size_t piece_bytes)
    : stop_(std::move(stop)), piece_bytes_(piece_bytes) {
    // Freed by MPI_Finalize: freeing waits for all ranks, and a rank that fails must not.
    check(MPI_Comm_dup(MPI_COMM_WORLD, &ranks_), "join");
    check(MPI_Comm_set_errhandler(ranks_, MPI_ERRORS_RETURN), "join");
    int rank = 0;
    int size = 1;
    MPI_Comm_rank(ranks_, &rank);
    MPI_Comm_size(ranks_, &size);
    rank_ = static_cast<std::size_t>(rank);
    size_ = static_cast<std::size_t>(size);
}

// The length goes first, and the receiver answers when it is there: until then the sender rests. Then both spin, as a
// transfer goes on only while both look after it.
void MpiCommunicator::send(std::size_t to, std::span<const std::byte> message) {
    require_other_rank(to);
    const std::uint64_t length = message.size();
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Isend(&length, 1, MPI_UINT64_T, as_rank(to), kLengthTag, ranks_, &request), "send");
    finish(request, Wait::resting, "send");
    check(MPI_Irecv(nullptr, 0, MPI_BYTE, as_rank(to), kReadyTag, ranks_, &request), "send");
    finish(request, Wait::resting, "send");
    transfer(message, [&](const std::byte* bytes, int count, MPI_Request* piece) {
        check(MPI_Isend(bytes, count, MPI_BYTE, as_rank(to), kDataTag, ranks_, piece), "send");
    });
}

void MpiCommunicator::receive(std::size_t from, std::span<std::byte> message) {
    require_other_rank(from);
    std::uint64_t length = 0;
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Irecv(&length, 1, MPI_UINT64_T, as_rank(from), kLengthTag, ranks_, &request), "receive");
    finish(request, Wait::resting, "receive");
    if (length != message.size()) {
        throw Error(ErrorKind::argument, "receive: rank " + std::to_string(from) + " sent " + std::to_string(length) +
                                             " bytes, rank " + std::to_string(rank_) + " expects " +
                                             std::to_string(message.size()));
    }
    check(MPI_Isend(nullptr, 0, MPI_BYTE, as_rank(from), kReadyTag, ranks_, &request), "receive");
    finish(request, Wait::resting, "receive");
    transfer(message, [&](std::byte* bytes, int count, MPI_Request* piece) {
        check(MPI_Irecv(bytes, count, MPI_BYTE, as_rank(from), kDataTag, ranks_, piece), "receive");
    });
}

template <class Byte, class Post>
void MpiCommunicator::transfer(std::span<Byte> message, const Post& post) {
    for (std::size_t first = 0; first < message.size(); first += piece_bytes_) {
        const std::size_t count = std::min(piece_bytes_, message.size() - first);
        MPI_Request request = MPI_REQUEST_NULL;
        post(message.data() + first, static_cast<int>(count), &request);
        finish(request, Wait::spinning, "transfer");
    }
}

void MpiCommunicator::finish(MPI_Request& request, Wait wait, const char* operation) const {
    int done = 0;
    for (int looks = 0; check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), operation), done == 0; ++looks) {
        if (stop_.stop_requested()) {
            MPI_Cancel(&request);
            throw Error(ErrorKind::interrupted, "interrupted while waiting for another rank");
        }
        if (wait == Wait::spinning || looks < kLooksAtOnce)
            std::this_thread::yield();
        else
            std::this_thread::sleep_for(kRest);
    }
}

void MpiCommunicator::call(std::size_t rank) {
    MPI_Request request = MPI_REQUEST_NULL;
    int done = 0;
    MPI_Isend(nullptr, 0, MPI_BYTE, as_rank(rank), kCallTag, ranks_, &request);
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done == 0) MPI_Request_free(&request);
}

bool MpiCommunicator::hears_call() const {
    int heard = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, kCallTag, ranks_, &heard, MPI_STATUS_IGNORE);
    return heard != 0;
}

}  // namespace contrans
