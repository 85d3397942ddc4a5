#include "contrans/runtime/sequence_runner.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/runtime/pack_plan.h"

namespace contrans {
namespace {

// Holds the rows kept from the pack before; a pack's requests have the sequences behind it.
constexpr std::size_t kKeptSequence = 0;

std::size_t sequence_of(std::size_t place) { return kKeptSequence + 1 + place; }

bool asks_for_logits(const SequenceRequest& request, std::size_t position) {
    return std::binary_search(request.logit_positions.begin(), request.logit_positions.end(), position);
}

/// A batch row stands for one position of consecutive requests of its pack.
struct Origin {
    std::size_t first = 0;  // place in the pack
    std::size_t last = 0;
    std::size_t position = 0;
};

/// The states of the rows kept from pack to pack, for requests that share them and come later.
class KeptPoints {
public:
    explicit KeptPoints(const std::vector<LayerIndex>& layers) : layers_(layers), states_(layers.size()) {}

    void keep(LayerIndex layer, std::size_t position, std::span<const float> point) {
        std::vector<float>& states = states_[index_of(layer)];
        width_ = point.size();
        states.resize(std::max(states.size(), (position + 1) * width_));
        std::copy(point.begin(), point.end(), states.begin() + static_cast<std::ptrdiff_t>(position * width_));
    }

    void hand_out(const SequenceSink& sink, std::size_t request, std::size_t n) const {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            sink.on_points(layers_[l], request, 0, {states_[l].data(), n, width_});
        }
    }

private:
    [[nodiscard]] std::size_t index_of(LayerIndex layer) const {
        return static_cast<std::size_t>(std::find(layers_.begin(), layers_.end(), layer) - layers_.begin());
    }

    const std::vector<LayerIndex>& layers_;
    std::vector<std::vector<float>> states_;  // per layer [positions, d_model]
    std::size_t width_ = 0;
};

class PackRunner {
public:
    PackRunner(Engine& engine, std::span<const SequenceRequest> requests, const SequenceSink& sink,
               const PackLimits& limits)
        : engine_(engine), requests_(requests), sink_(sink), limits_(limits), kept_points_(sink.observed) {
        const auto asks = [](const SequenceRequest& request) { return !request.logit_positions.empty(); };
        full_depth_ = std::any_of(requests.begin(), requests.end(), asks);
    }

    void run(const std::vector<Pack>& packs, const RunContext& context) {
        engine_.forget_all();
        std::size_t done = 0;
        for (std::size_t p = 0; p < packs.size(); ++p) {
            pack_ = &packs[p];
            points_to_keep_ = shared_later(packs, p);
            if (!sink_.observed.empty()) hand_out_kept(p == 0 ? nullptr : &packs[p - 1]);
            decode();
            keep(p + 1 < packs.size() ? packs[p + 1].front().begin : 0);
            for (const PackedRequest& packed : *pack_) {
                if (packed.end == requests_[packed.request].tokens.size()) ++done;
            }
            context.advance(done);
        }
        engine_.forget_all();
    }

private:
    /// How much of this pack's last request another one shares, after the pieces of the request itself.
    static std::size_t shared_later(const std::vector<Pack>& packs, std::size_t p) {
        const std::size_t last = packs[p].back().request;
        std::size_t next = p + 1;
        while (next < packs.size() && packs[next].size() == 1 && packs[next].front().request == last) ++next;
        if (next == packs.size()) return 0;
        const Pack& pack = packs[next];
        // The pieces' last pack may go on with other requests.
        return pack.front().request == last ? std::min(pack.front().begin, pack[1].begin) : pack.front().begin;
    }

    void hand_out_kept(const Pack* before) const {
        std::size_t kept = pack_->front().begin;
        for (const PackedRequest& packed : *pack_) {
            kept = std::min(kept, packed.begin);
            const bool own = before != nullptr && before->back().request == packed.request;
            if (kept != 0 && !own) kept_points_.hand_out(sink_, packed.request, kept);
        }
    }

    void decode() {
        rows_.clear();
        origins_.clear();
        std::size_t kept = pack_->front().begin;
        for (std::size_t place = 0; place < pack_->size(); ++place) {
            kept = std::min(kept, (*pack_)[place].begin);
            if (kept != 0) engine_.copy_sequence(kKeptSequence, sequence_of(place), kept);
            add_rows(place);
        }
        if (full_depth_ && !sink_.observed.empty()) rows_.back().wants_logits = true;
        engine_.decode(rows_, sink_.observed,
                       [this](LayerIndex layer, MatrixView points, std::span<const std::size_t> rows) {
                           hand_out_points(layer, points, rows);
                       });
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            for (std::size_t place = origins_[i].first; place <= origins_[i].last; ++place) {
                const std::size_t request = (*pack_)[place].request;
                if (asks_for_logits(requests_[request], origins_[i].position)) {
                    sink_.on_logits(request, origins_[i].position, engine_.logits(i));
                }
            }
        }
    }

    void add_rows(std::size_t place) {
        const PackedRequest& packed = (*pack_)[place];
        const SequenceRequest& request = requests_[packed.request];
        for (std::size_t p = packed.begin; p < packed.end; ++p) {
            const std::size_t last = last_sharing(place, p);
            bool wants = limits_.wanting == PackLimits::LogitRows::every_row;
            for (std::size_t i = place; i <= last; ++i) wants |= asks_for_logits(requests_[(*pack_)[i].request], p);
            std::vector<std::size_t> sequences(last - place + 1);
            std::iota(sequences.begin(), sequences.end(), sequence_of(place));
            rows_.push_back({request.tokens[p], p, std::move(sequences), wants, request.steering});
            origins_.push_back({place, last, p});
        }
    }

    /// The last request behind `place` that shares its row of this position.
    [[nodiscard]] std::size_t last_sharing(std::size_t place, std::size_t position) const {
        while (place + 1 < pack_->size() && (*pack_)[place + 1].begin > position) ++place;
        return place;
    }

    /// Hands out runs of rows that follow each other in the same requests.
    void hand_out_points(LayerIndex layer, MatrixView points, std::span<const std::size_t> rows) {
        for (std::size_t begin = 0; begin < rows.size();) {
            const Origin& origin = origins_[rows[begin]];
            std::size_t end = begin + 1;
            while (end < rows.size() && origins_[rows[end]].first == origin.first &&
                   origins_[rows[end]].last == origin.last &&
                   origins_[rows[end]].position == origin.position + (end - begin)) {
                ++end;
            }
            const MatrixView run{points.data + begin * points.cols, end - begin, points.cols};
            for (std::size_t place = origin.first; place <= origin.last; ++place) {
                sink_.on_points(layer, (*pack_)[place].request, origin.position, run);
            }
            if (origin.last + 1 == pack_->size()) {
                for (std::size_t r = 0; r < run.rows && origin.position + r < points_to_keep_; ++r) {
                    kept_points_.keep(layer, origin.position + r, run.row(r));
                }
            }
            begin = end;
        }
    }

    /// Leaves the first `n` rows of the pack's last request in the kept sequence, and nothing else.
    void keep(std::size_t n) {
        if (n == 0) {
            engine_.forget_all();
            return;
        }
        engine_.forget_sequence(kKeptSequence);
        engine_.copy_sequence(sequence_of(pack_->size() - 1), kKeptSequence, n);
        for (std::size_t place = 0; place < pack_->size(); ++place) engine_.forget_sequence(sequence_of(place));
    }

    Engine& engine_;
    std::span<const SequenceRequest> requests_;
    const SequenceSink& sink_;
    const PackLimits& limits_;
    KeptPoints kept_points_;
    bool full_depth_ = false;  // some pack wants logits: what is kept must have been read through all layers
    const Pack* pack_ = nullptr;
    std::size_t points_to_keep_ = 0;
    std::vector<BatchRow> rows_;
    std::vector<Origin> origins_;
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

PackLimits limits_for(const Engine& engine, const SequenceSink& sink) {
    const EngineOptions& options = engine.options();
    const LayerIndex last{engine.model().n_layers() - 1};
    const bool last_observed = std::find(sink.observed.begin(), sink.observed.end(), last) != sink.observed.end();
    return {options.batch_tokens, options.context_tokens, options.sequences - 1, options.logit_rows,
            last_observed ? PackLimits::LogitRows::every_row : PackLimits::LogitRows::as_asked};
}

}  // namespace

void run_sequences(Engine& engine, std::span<const SequenceRequest> requests, const SequenceSink& sink,
                   const RunContext& context) {
    check_requests(engine.options(), requests);
    const PackLimits limits = limits_for(engine, sink);
    PackRunner(engine, requests, sink, limits).run(plan_packs(requests, limits), context);
}

EngineOptions engine_options_for(const Model& model, std::span<const SequenceRequest> requests, std::size_t threads,
                                 const ReadingOptions& reading) {
    EngineOptions options;
    options.batch_tokens = reading.batch_tokens;
    options.threads = threads;
    options.engine_threads = reading.engine_threads;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (requests[i].tokens.size() > model.trained_context()) {
            throw Error(ErrorKind::argument, "text " + std::to_string(i + 1) + " has " +
                                                 std::to_string(requests[i].tokens.size()) + " tokens; " +
                                                 describe(model.identity()) + " reads at most " +
                                                 std::to_string(model.trained_context()));
        }
        longest = std::max(longest, requests[i].tokens.size());
    }
    // Room for a full batch beside what is kept from the one before.
    options.context_tokens = options.batch_tokens + longest;
    return options;
}

}  // namespace contrans
