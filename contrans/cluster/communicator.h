#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace contrans {

/// A group of processes that run the same command on parts of the work. They are told apart by rank, 0 … size − 1.
///
/// Messages are blocking and of any length. The collective calls (broadcast, sum, sum_to_first, barrier) are made by
/// all ranks in the same order with the same lengths; they walk a binary tree over the ranks: ceil(log2 size) steps.
/// One thread of a rank at a time. Every call throws Error{interrupted} when this rank was asked to stop while it
/// waited, Error{io} when another rank cannot be reached any more.
class Communicator {
public:
    virtual ~Communicator() = default;
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;

    [[nodiscard]] virtual std::size_t rank() const = 0;
    [[nodiscard]] virtual std::size_t size() const = 0;
    [[nodiscard]] bool is_first() const { return rank() == 0; }
    /// Whether item i of a list is this rank's: every size-th one.
    [[nodiscard]] bool owns(std::size_t item) const { return item % size() == rank(); }

    virtual void send(std::size_t to, std::span<const std::byte> message) = 0;
    /// The next message of that rank. Throws Error{argument} unless it is exactly as long as `message`.
    virtual void receive(std::size_t from, std::span<std::byte> message) = 0;

    /// Every rank's bytes become rank 0's.
    void broadcast(std::span<std::byte> message);
    /// Rank 0's text; its length need not be known.
    [[nodiscard]] std::string broadcast(std::string text);
    /// Every rank's values become the sums over all ranks. The order of addition follows from `size()` alone, so that
    /// the same values give the same bits.
    void sum(std::span<double> values);
    /// As sum(), but only rank 0 has the sums: half the traffic. The other ranks' values are then unspecified.
    void sum_to_first(std::span<double> values);
    /// No rank goes on before all have come here.
    void barrier();

protected:
    Communicator() = default;
    /// Throws Error{argument} for this rank itself and past the last.
    void require_other_rank(std::size_t other) const;
};

/// The group of a process that runs alone: rank 0 of 1.
class SingleProcess : public Communicator {
public:
    [[nodiscard]] std::size_t rank() const override { return 0; }
    [[nodiscard]] std::size_t size() const override { return 1; }
    void send(std::size_t to, std::span<const std::byte> message) override;
    void receive(std::size_t from, std::span<std::byte> message) override;
};

/// One SingleProcess for all who need a group and have none.
[[nodiscard]] Communicator& alone();

}  // namespace contrans
