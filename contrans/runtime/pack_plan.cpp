#include "contrans/runtime/pack_plan.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace contrans {
namespace {

// Below this, keeping rows from pack to pack is not worth it.
constexpr std::size_t kShortestKept = 4;

class Planner {
public:
    Planner(std::span<const SequenceRequest> requests, const PackLimits& limits)
        : requests_(requests), limits_(limits) {}

    std::vector<Pack> run() {
        for (const std::size_t index : trie_order(requests_)) add(index);
        close();
        return std::move(packs_);
    }

private:
    void add(std::size_t index) {
        const std::size_t shared = last_ ? shared_with_last(index) : 0;
        if (pack_.empty() || !join(index, shared)) {
            close();
            open(index, shared);
        }
        last_ = &requests_[index];
    }

    [[nodiscard]] std::size_t shared_with_last(std::size_t index) const {
        const SequenceRequest& request = requests_[index];
        return request.steering == last_->steering ? common_prefix(last_->tokens, request.tokens) : 0;
    }

    bool join(std::size_t index, std::size_t shared) {
        const SequenceRequest& request = requests_[index];
        const std::size_t length = request.tokens.size();
        const std::size_t kept = std::min(kept_, shared);
        if (asks_within(request, kept)) return false;
        const std::size_t logits = logits_ + logits_of(request, kept, shared, length);
        if (pack_.size() == limits_.requests || rows_ + length - shared > room() || logits > limits_.logit_rows) {
            return false;
        }
        pack_.push_back({index, shared, length});
        rows_ += length - shared;
        logits_ = logits;
        kept_ = kept;
        return true;
    }

    /// Starts a pack, with packs of their own for the pieces of a request that does not fit one.
    void open(std::size_t index, std::size_t shared) {
        const SequenceRequest& request = requests_[index];
        std::size_t begin = std::min(shared, request.tokens.size() - 1);
        if (!request.logit_positions.empty()) begin = std::min(begin, request.logit_positions.front());
        if (begin < kShortestKept) begin = 0;
        while (true) {
            keep_ = kept_ = begin;
            const std::size_t end = piece_end(request, begin);
            pack_.push_back({index, begin, end});
            rows_ = end - begin;
            logits_ = logits_of(request, begin, begin, end);
            if (end == request.tokens.size()) return;
            close();
            begin = end;
        }
    }

    void close() {
        if (!pack_.empty()) packs_.push_back(std::move(pack_));
        pack_.clear();
    }

    [[nodiscard]] std::size_t room() const { return std::min(limits_.rows, limits_.context_tokens - keep_); }

    [[nodiscard]] std::size_t piece_end(const SequenceRequest& request, std::size_t begin) const {
        std::size_t end = std::min(request.tokens.size(), begin + room());
        while (logits_of(request, begin, begin, end) > limits_.logit_rows) --end;
        return end;
    }

    /// Logits at rows that were decoded in an earlier pack are gone.
    static bool asks_within(const SequenceRequest& request, std::size_t kept) {
        return !request.logit_positions.empty() && request.logit_positions.front() < kept;
    }

    /// Rows that want logits when rows begin … end − 1 are the request's own and those from `kept` on are of its pack.
    /// A shared row is counted for each request that asks for it.
    [[nodiscard]] std::size_t logits_of(const SequenceRequest& request, std::size_t kept, std::size_t begin,
                                        std::size_t end) const {
        if (limits_.wanting == PackLimits::LogitRows::every_row) return end - begin;
        const auto& asked = request.logit_positions;
        const auto first = std::lower_bound(asked.begin(), asked.end(), kept);
        return static_cast<std::size_t>(std::lower_bound(first, asked.end(), end) - first);
    }

    std::span<const SequenceRequest> requests_;
    const PackLimits& limits_;
    std::vector<Pack> packs_;
    Pack pack_;
    const SequenceRequest* last_ = nullptr;
    std::size_t rows_ = 0;
    std::size_t logits_ = 0;
    std::size_t keep_ = 0;  // rows that the open pack keeps from the one before
    std::size_t kept_ = 0;  // and how many of them its latest request still shares
};

}  // namespace

std::size_t common_prefix(std::span<const Token> a, std::span<const Token> b) {
    const auto [end, _] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(end - a.begin());
}

std::vector<std::size_t> trie_order(std::span<const SequenceRequest> requests) {
    std::unordered_map<const SteeringPlan*, std::size_t> rank;
    for (const SequenceRequest& request : requests) rank.emplace(request.steering.get(), rank.size());
    std::vector<std::size_t> order(requests.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (requests[a].steering != requests[b].steering) {
            return rank.at(requests[a].steering.get()) < rank.at(requests[b].steering.get());
        }
        return requests[a].tokens < requests[b].tokens;
    });
    return order;
}

std::vector<Pack> plan_packs(std::span<const SequenceRequest> requests, const PackLimits& limits) {
    return Planner(requests, limits).run();
}

}  // namespace contrans
