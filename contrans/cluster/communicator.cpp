#include "contrans/cluster/communicator.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "contrans/core/error.h"

namespace contrans {
namespace {

// Sums travel in pieces of 8 MB: a rank needs no second copy of all it adds, and the levels of the tree work at once.
constexpr std::size_t kPieceValues = std::size_t{1} << 20;

/// Adds the values of all ranks below this one in the tree, then hands them up.
void add_up(Communicator& group, std::span<double> values, std::vector<double>& received) {
    for (std::size_t step = 1; step < group.size(); step *= 2) {
        if (group.rank() % (2 * step) != 0) return group.send(group.rank() - step, std::as_bytes(values));
        if (group.rank() + step >= group.size()) continue;
        received.resize(values.size());
        group.receive(group.rank() + step, std::as_writable_bytes(std::span(received)));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] += received[i];
    }
}

std::size_t first_step_down(std::size_t size) {
    std::size_t step = 1;
    while (step < size) step *= 2;
    return step / 2;
}

}  // namespace

void Communicator::broadcast(std::span<std::byte> message) {
    for (std::size_t step = first_step_down(size()); step > 0; step /= 2) {
        if (rank() % (2 * step) == step) receive(rank() - step, message);
        if (rank() % (2 * step) == 0 && rank() + step < size()) send(rank() + step, message);
    }
}

std::string Communicator::broadcast(std::string text) {
    std::uint64_t length = text.size();
    broadcast(std::as_writable_bytes(std::span(&length, 1)));
    text.resize(length);
    broadcast(std::as_writable_bytes(std::span(text)));
    return text;
}

void Communicator::sum(std::span<double> values) {
    sum_to_first(values);
    broadcast(std::as_writable_bytes(values));
}

void Communicator::sum_to_first(std::span<double> values) {
    std::vector<double> received;
    for (std::size_t first = 0; first < values.size(); first += kPieceValues) {
        add_up(*this, values.subspan(first, std::min(kPieceValues, values.size() - first)), received);
    }
}

void Communicator::require_other_rank(std::size_t other) const {
    if (other < size() && other != rank()) return;
    throw Error(ErrorKind::argument, "message: needs another rank of the " + std::to_string(size()) + ", got rank " +
                                         std::to_string(other) + " on rank " + std::to_string(rank()));
}

void Communicator::barrier() {
    double nothing = 0;
    sum(std::span(&nothing, 1));
}

void SingleProcess::send(std::size_t to, std::span<const std::byte>) { require_other_rank(to); }
void SingleProcess::receive(std::size_t from, std::span<std::byte>) { require_other_rank(from); }

Communicator& alone() {
    static SingleProcess process;
    return process;
}

}  // namespace contrans
