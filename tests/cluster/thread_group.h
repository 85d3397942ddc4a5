#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "contrans/cluster/communicator.h"
#include "contrans/core/error.h"

namespace contrans::testing {

/// Messages between the threads of one process, as between the ranks of a job.
class Mailboxes {
public:
    explicit Mailboxes(std::size_t ranks) : ranks_(ranks), boxes_(ranks * ranks) {}
    [[nodiscard]] std::size_t ranks() const { return ranks_; }

    void put(std::size_t from, std::size_t to, std::span<const std::byte> message) {
        const std::scoped_lock lock(mutex_);
        boxes_[from * ranks_ + to].emplace_back(message.begin(), message.end());
        changed_.notify_all();
    }

    [[nodiscard]] std::vector<std::byte> take(std::size_t from, std::size_t to) {
        std::unique_lock lock(mutex_);
        auto& box = boxes_[from * ranks_ + to];
        changed_.wait(lock, [&] { return !box.empty() || failure_; });
        if (box.empty()) throw Error(ErrorKind::io, "receive: another rank has failed");
        std::vector<std::byte> message = std::move(box.front());
        box.pop_front();
        return message;
    }

    /// Within a handler: the first failure is kept, and nobody waits any more.
    void fail() {
        const std::scoped_lock lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        changed_.notify_all();
    }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    const std::size_t ranks_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::deque<std::vector<std::byte>>> boxes_;  // [from * ranks + to]
    std::exception_ptr failure_;
};

/// One rank of a group of threads.
class ThreadRank : public Communicator {
public:
    ThreadRank(Mailboxes& mail, std::size_t rank) : mail_(mail), rank_(rank) {}
    [[nodiscard]] std::size_t rank() const override { return rank_; }
    [[nodiscard]] std::size_t size() const override { return mail_.ranks(); }

    void send(std::size_t to, std::span<const std::byte> message) override { mail_.put(rank_, to, message); }

    void receive(std::size_t from, std::span<std::byte> message) override {
        const std::vector<std::byte> received = mail_.take(from, rank_);
        if (received.size() != message.size()) throw Error(ErrorKind::argument, "receive: another length");
        if (!received.empty()) std::memcpy(message.data(), received.data(), received.size());
    }

private:
    Mailboxes& mail_;
    std::size_t rank_;
};

/// Runs `work` as each of `ranks` ranks, a thread each, and waits for all. Rethrows the first failure; ranks that wait
/// for a message are then let go.
inline void run_ranks(std::size_t ranks, const std::function<void(Communicator&)>& work) {
    Mailboxes mail(ranks);
    {
        std::vector<std::jthread> threads;
        for (std::size_t r = 0; r < ranks; ++r) {
            threads.emplace_back([&, r] {
                try {
                    ThreadRank rank(mail, r);
                    work(rank);
                } catch (...) {
                    mail.fail();
                }
            });
        }
    }
    mail.rethrow();
}

}  // namespace contrans::testing
