#include "contrans/runtime/sequence_runner.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

// Below this a shared beginning is not worth a group of its own.
constexpr std::size_t kShortestSharedPrefix = 4;

/// Requests that are decoded together and share their first `prefix` tokens.
struct Group {
    std::vector<std::size_t> requests;
    std::size_t prefix = 0;
};

std::size_t common_prefix(const std::vector<Token>& a, const std::vector<Token>& b) {
    const auto [end, _] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(end - a.begin());
}

/// Every request keeps at least its last token to itself, so that a row's logits belong to one request.
std::size_t shareable(const SequenceRequest& a, const SequenceRequest& b) {
    std::size_t n = std::min({common_prefix(a.tokens, b.tokens), a.tokens.size() - 1, b.tokens.size() - 1});
    for (const SequenceRequest* request : {&a, &b}) {
        if (!request->logit_positions.empty()) n = std::min(n, request->logit_positions.front());
    }
    return n;
}

/// Steerings in the order in which they come, so that a plan's address decides nothing: the same requests make the same
/// batches, and so the same bits.
std::vector<std::size_t> order_by_steering_and_text(std::span<const SequenceRequest> requests) {
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

/// The last block shows only rows that want logits (DESIGN §4): there, every row asks for them.
enum class LogitRows { as_asked, every_row };

LogitRows logit_rows_for(const Model& model, const SequenceSink& sink) {
    const LayerIndex last{model.n_layers() - 1};
    const bool observed = std::find(sink.observed.begin(), sink.observed.end(), last) != sink.observed.end();
    return observed ? LogitRows::every_row : LogitRows::as_asked;
}

class Packer {
public:
    Packer(const EngineOptions& limits, std::span<const SequenceRequest> requests, LogitRows logit_rows)
        : limits_(limits), requests_(requests), logit_rows_(logit_rows) {}

    /// Neighbours in text order join a group while the tokens they share outweigh what the group already shares alone.
    [[nodiscard]] std::vector<Group> group() const {
        std::vector<Group> groups;
        for (const std::size_t index : order_by_steering_and_text(requests_)) {
            if (groups.empty() || !join(groups.back(), index)) {
                groups.push_back({{index}, requests_[index].tokens.size() - 1});
            }
        }
        for (Group& group : groups) {
            if (group.requests.size() == 1) group.prefix = 0;
        }
        std::stable_sort(groups.begin(), groups.end(),
                         [&](const Group& a, const Group& b) { return rows(a) > rows(b); });
        return groups;
    }

    [[nodiscard]] std::size_t rows(const Group& group) const {
        std::size_t n = group.prefix;
        for (const std::size_t r : group.requests) n += requests_[r].tokens.size() - group.prefix;
        return n;
    }

    [[nodiscard]] std::size_t logits(const Group& group) const {
        if (logit_rows_ == LogitRows::every_row) return rows(group);
        std::size_t n = 0;
        for (const std::size_t r : group.requests) n += requests_[r].logit_positions.size();
        return n;
    }

    [[nodiscard]] bool fits(std::size_t rows, std::size_t sequences, std::size_t logits) const {
        return rows <= std::min(limits_.batch_tokens, limits_.context_tokens) && sequences <= limits_.sequences &&
               logits <= limits_.logit_rows;
    }

private:
    [[nodiscard]] bool join(Group& group, std::size_t index) const {
        const SequenceRequest& first = requests_[group.requests.front()];
        const SequenceRequest& next = requests_[index];
        if (first.steering != next.steering) return false;
        Group joined = group;
        joined.prefix = std::min(group.prefix, shareable(first, next));
        joined.requests.push_back(index);
        const bool worth = joined.prefix >= kShortestSharedPrefix &&
                           (group.requests.size() == 1 ||
                            joined.prefix * group.requests.size() >= group.prefix * (group.requests.size() - 1));
        if (!worth || !fits(rows(joined), joined.requests.size(), logits(joined))) return false;
        group = std::move(joined);
        return true;
    }

    const EngineOptions& limits_;
    std::span<const SequenceRequest> requests_;
    LogitRows logit_rows_;
};

/// Which request and position a batch row stands for; a prefix row stands for all of its group.
struct Origin {
    std::span<const std::size_t> requests;
    std::size_t position = 0;
};

class PackRun {
public:
    PackRun(Engine& engine, std::span<const SequenceRequest> requests, const SequenceSink& sink)
        : engine_(engine), requests_(requests), sink_(sink), logit_rows_(logit_rows_for(engine.model(), sink)) {}

    void add(const Group& group) {
        std::vector<std::size_t> sequences(group.requests.size());
        std::iota(sequences.begin(), sequences.end(), next_sequence_);
        const SequenceRequest& first = requests_[group.requests.front()];
        for (std::size_t p = 0; p < group.prefix; ++p) add_row(first, p, sequences, group.requests);
        for (std::size_t i = 0; i < group.requests.size(); ++i) {
            const SequenceRequest& request = requests_[group.requests[i]];
            for (std::size_t p = group.prefix; p < request.tokens.size(); ++p) {
                add_row(request, p, {sequences[i]}, {&group.requests[i], 1});
            }
        }
        next_sequence_ += group.requests.size();
    }

    void decode() {
        engine_.forget_all();
        decode_rows();
    }

    /// A request longer than a batch: its rows in several decodes that follow each other in the context.
    void decode_in_chunks(std::size_t request_index) {
        engine_.forget_all();
        const SequenceRequest& request = requests_[request_index];
        for (std::size_t begin = 0; begin < request.tokens.size();) {
            rows_.clear();
            origins_.clear();
            std::size_t wanted = 0;
            std::size_t p = begin;
            for (; p < request.tokens.size() && rows_.size() < engine_.options().batch_tokens; ++p) {
                const bool wants = logit_rows_ == LogitRows::every_row || asks_for_logits(request, p);
                if (wants && wanted == engine_.options().logit_rows) break;
                wanted += wants ? 1 : 0;
                add_row(request, p, {0}, {&request_index, 1});
            }
            // Early exit would leave the KV of the next chunk's past unwritten: ask for one row's logits instead.
            if (p < request.tokens.size() && wanted == 0) rows_.back().wants_logits = true;
            decode_rows();
            begin = p;
        }
    }

private:
    static bool asks_for_logits(const SequenceRequest& request, std::size_t position) {
        return std::binary_search(request.logit_positions.begin(), request.logit_positions.end(), position);
    }

    void decode_rows() {
        engine_.decode(rows_, sink_.observed,
                       [this](LayerIndex layer, MatrixView points, std::span<const std::size_t> rows) {
                           hand_out_points(layer, points, rows);
                       });
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            // A prefix row stands for several requests, none of which asks for its logits.
            const std::size_t request = origins_[i].requests.front();
            if (asks_for_logits(requests_[request], origins_[i].position)) {
                sink_.on_logits(request, origins_[i].position, engine_.logits(i));
            }
        }
    }

    void add_row(const SequenceRequest& request, std::size_t position, std::vector<std::size_t> sequences,
                 std::span<const std::size_t> origin) {
        const bool wants = logit_rows_ == LogitRows::every_row || asks_for_logits(request, position);
        rows_.push_back({request.tokens[position], position, std::move(sequences), wants, request.steering});
        origins_.push_back({origin, position});
    }

    /// Hands out runs of rows that follow each other in one request.
    void hand_out_points(LayerIndex layer, MatrixView points, std::span<const std::size_t> rows) const {
        for (std::size_t begin = 0; begin < rows.size();) {
            const Origin& origin = origins_[rows[begin]];
            std::size_t end = begin + 1;
            while (end < rows.size() && origins_[rows[end]].requests.data() == origin.requests.data() &&
                   origins_[rows[end]].requests.size() == origin.requests.size() &&
                   origins_[rows[end]].position == origin.position + (end - begin)) {
                ++end;
            }
            const MatrixView run{points.data + begin * points.cols, end - begin, points.cols};
            for (const std::size_t request : origin.requests) sink_.on_points(layer, request, origin.position, run);
            begin = end;
        }
    }

    Engine& engine_;
    std::span<const SequenceRequest> requests_;
    const SequenceSink& sink_;
    LogitRows logit_rows_;
    std::vector<BatchRow> rows_;
    std::vector<Origin> origins_;
    std::size_t next_sequence_ = 0;
};

void check_requests(const EngineOptions& limits, std::span<const SequenceRequest> requests) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const std::size_t n = requests[i].tokens.size();
        if (n == 0 || n > limits.context_tokens) {
            throw Error(ErrorKind::argument, "text " + std::to_string(i + 1) + " has " + std::to_string(n) +
                                                 " tokens; the context holds 1 to " +
                                                 std::to_string(limits.context_tokens));
        }
    }
}

}  // namespace

void run_sequences(Engine& engine, std::span<const SequenceRequest> requests, const SequenceSink& sink,
                   const RunContext& context) {
    check_requests(engine.options(), requests);
    const Packer packer(engine.options(), requests, logit_rows_for(engine.model(), sink));
    const std::vector<Group> groups = packer.group();
    std::size_t done = 0;
    for (std::size_t begin = 0; begin < groups.size();) {
        std::size_t rows = packer.rows(groups[begin]);
        std::size_t sequences = groups[begin].requests.size();
        std::size_t logits = packer.logits(groups[begin]);
        PackRun run(engine, requests, sink);
        std::size_t end = begin + 1;
        if (!packer.fits(rows, sequences, logits)) {
            run.decode_in_chunks(groups[begin].requests.front());
        } else {
            for (; end < groups.size(); ++end) {
                rows += packer.rows(groups[end]);
                sequences += groups[end].requests.size();
                logits += packer.logits(groups[end]);
                if (!packer.fits(rows, sequences, logits)) break;
            }
            for (std::size_t g = begin; g < end; ++g) run.add(groups[g]);
            run.decode();
        }
        for (std::size_t g = begin; g < end; ++g) done += groups[g].requests.size();
        context.advance(done);
        begin = end;
    }
}

EngineOptions engine_options_for(const Model& model, std::span<const SequenceRequest> requests, std::size_t threads) {
    EngineOptions options;
    options.threads = threads;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (requests[i].tokens.size() > model.trained_context()) {
            throw Error(ErrorKind::argument, "text " + std::to_string(i + 1) + " has " +
                                                 std::to_string(requests[i].tokens.size()) + " tokens; " +
                                                 describe(model.identity()) + " reads at most " +
                                                 std::to_string(model.trained_context()));
        }
        options.context_tokens = std::max(options.context_tokens, requests[i].tokens.size());
    }
    return options;
}

}  // namespace contrans
