#include "contrans/runtime/parallel_runner.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <numeric>
#include <stop_token>
#include <thread>
#include <utility>

#include "contrans/runtime/pack_plan.h"

namespace contrans {
namespace {

// A few packs: what its first texts could have shared with the slice before is little beside it.
constexpr std::size_t kSliceTokens = 2048;

/// Per request of a trie's order, the tokens that it does not share with the one before: what reading it costs.
std::vector<std::size_t> own_tokens(std::span<const SequenceRequest> requests, std::span<const std::size_t> order) {
    std::vector<std::size_t> own;
    own.reserve(order.size());
    const SequenceRequest* before = nullptr;
    for (const std::size_t index : order) {
        const SequenceRequest& request = requests[index];
        const bool may_share = before != nullptr && before->steering == request.steering;
        own.push_back(request.tokens.size() - (may_share ? common_prefix(before->tokens, request.tokens) : 0));
        before = &request;
    }
    return own;
}

/// What the workers share: the next slice, the first failure, and one progress over all slices.
class SharedRun {
public:
    SharedRun(std::size_t slices, const SequenceSink& sink, const RunContext& context)
        : slices_(slices), sink_(sink), context_(context) {}

    /// The next slice, or none.
    [[nodiscard]] std::size_t take() { return stop_.stop_requested() ? slices_ : next_.fetch_add(1); }
    [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }

    void fail() {
        const std::scoped_lock lock(mutex_);
        note_failure();
    }

    void advance(std::size_t finished) {
        const std::scoped_lock lock(mutex_);
        done_ += finished;
        context_.advance(done_);
    }

    /// The sink for one slice: its requests under their own numbers, one call at a time.
    [[nodiscard]] SequenceSink sink_for(const std::vector<std::size_t>& slice) {
        return {.observed = sink_.observed,
                .on_points =
                    [this, &slice](LayerIndex layer, std::size_t request, std::size_t first, MatrixView points) {
                        call([&] { sink_.on_points(layer, slice[request], first, points); });
                    },
                .on_logits =
                    [this, &slice](std::size_t request, std::size_t position, std::span<const float> logits) {
                        call([&] { sink_.on_logits(slice[request], position, logits); });
                    }};
    }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    template <class Call>
    void call(const Call& sink) {
        const std::scoped_lock lock(mutex_);
        if (failure_) return;
        try {
            sink();
        } catch (...) {
            note_failure();
            throw;
        }
    }

    /// With the mutex held, within a handler.
    void note_failure() {
        if (!failure_) failure_ = std::current_exception();
        stop_.request_stop();
    }

    const std::size_t slices_;
    const SequenceSink& sink_;
    const RunContext& context_;
    std::atomic<std::size_t> next_ = 0;
    std::stop_source stop_;
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::size_t done_ = 0;
};

/// Passes a slice's progress on.
class SliceProgress : public ProgressSink {
public:
    explicit SliceProgress(SharedRun& shared) : shared_(shared) {}

    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t done) override { shared_.advance(done - std::exchange(done_, done)); }
    void end() override {}

private:
    SharedRun& shared_;
    std::size_t done_ = 0;
};

void read_slices(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> requests,
                 const std::vector<std::vector<std::size_t>>& slices, const EngineOptions& options, SharedRun& shared) {
    try {
        Engine engine(model, options);
        for (std::size_t s = shared.take(); s < slices.size(); s = shared.take()) {
            std::vector<SequenceRequest> of_slice;
            for (const std::size_t request : slices[s]) of_slice.push_back(requests[request]);
            SliceProgress progress(shared);
            run_sequences(engine, of_slice, shared.sink_for(slices[s]), {&progress, shared.stop()});
        }
    } catch (...) {
        shared.fail();
    }
}

}  // namespace

std::vector<std::vector<std::size_t>> slice_requests(std::span<const SequenceRequest> requests,
                                                     std::size_t slice_tokens) {
    const std::vector<std::size_t> order = trie_order(requests);
    const std::vector<std::size_t> own = own_tokens(requests, order);
    const std::size_t all = std::accumulate(own.begin(), own.end(), std::size_t{0});
    const std::size_t n = std::max<std::size_t>(1, (all + slice_tokens - 1) / slice_tokens);
    std::vector<std::vector<std::size_t>> slices;
    std::size_t read = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        // The slice in which the request begins if all n were as long as each other.
        const std::size_t slice = std::min(n - 1, read * n / std::max<std::size_t>(1, all));
        if (slices.empty() || slice >= slices.size()) slices.emplace_back();
        slices.back().push_back(order[i]);
        read += own[i];
    }
    return slices;
}

void run_sequences_in_parallel(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> requests,
                               const EngineOptions& options, const SequenceSink& sink, const RunContext& context) {
    const auto slices = slice_requests(requests, kSliceTokens);
    const std::size_t threads = threads_for(options);
    const std::size_t room = std::max<std::size_t>(1, threads / std::max<std::size_t>(1, options.engine_threads));
    const std::size_t engines = model->offloaded() ? 1 : std::clamp<std::size_t>(slices.size(), 1, room);
    EngineOptions each = options;
    each.threads = threads / engines;

    SharedRun shared(slices.size(), sink, context);
    {
        std::vector<std::jthread> workers;
        for (std::size_t e = 1; e < engines; ++e)
            workers.emplace_back([&] { read_slices(model, requests, slices, each, shared); });
        read_slices(model, requests, slices, each, shared);
    }
    shared.rethrow();
}

}  // namespace contrans
