#include "contrans/serve/scheduler_loop.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <vector>

#include "contrans/core/error.h"

namespace contrans {
namespace {

using Clock = std::chrono::steady_clock;

SchedulerOptions checked(const SchedulerOptions& options) {
    const auto refuse = [](const std::string& rule, std::size_t value) {
        throw Error(ErrorKind::argument, "scheduler: " + rule + ", got " + std::to_string(value));
    };
    if (options.slots < 1 || options.slots > 256) refuse("slots must be 1 to 256", options.slots);
    if (options.context_tokens < 2) refuse("a slot's context must hold 2 tokens or more", options.context_tokens);
    if (options.batch_tokens < options.slots) refuse("a batch must hold a row for every slot", options.batch_tokens);
    if (options.prompt_rows_beside_answers < 1) refuse("prompts need a row beside answers", 0);
    return options;
}

EngineOptions engine_options(const SchedulerOptions& options) {
    EngineOptions engine;
    engine.context_tokens = options.slots * options.context_tokens;
    engine.batch_tokens = std::min(options.batch_tokens, engine.context_tokens);
    engine.sequences = options.slots;
    engine.logit_rows = options.slots;
    engine.threads = options.threads;
    return engine;
}

BatchStep::Limits limits_of(const SchedulerOptions& options) {
    return {engine_options(options).batch_tokens, options.prompt_rows_beside_answers, options.context_tokens};
}

}  // namespace

SchedulerLoop::SchedulerLoop(std::shared_ptr<const Model> model, const SchedulerOptions& options)
    : model_(std::move(model)),
      options_(checked(options)),
      engine_(model_, engine_options(options_)),
      table_(options_.slots),
      batch_(table_, engine_, limits_of(options_), options_.before_decode,
             [this](const RunningRequest& request) { count_end(request); }) {
    stats_.slots = options_.slots;
    thread_ = std::thread([this] { run(); });
}

SchedulerLoop::~SchedulerLoop() {
    {
        const std::lock_guard lock(mutex_);
        state_ = State::stopping;
    }
    work_.notify_all();
    thread_.join();
}

std::optional<Refused> SchedulerLoop::enqueue(RunningRequest request) {
    {
        const std::lock_guard lock(mutex_);
        const bool full = waiting_.size() >= options_.queue_limit + options_.slots - running_;
        if (state_ != State::open || full) {
            ++stats_.refused;
            return Refused{state_ != State::open ? Refused::Why::draining : Refused::Why::queue_full, retry_after()};
        }
        request.arrival = ++arrivals_;
        waiting_.push_back(std::move(request));
    }
    work_.notify_one();
    return std::nullopt;
}

std::chrono::seconds SchedulerLoop::retry_after() const {
    const double rounds = static_cast<double>(waiting_.size()) / static_cast<double>(options_.slots) + 1;
    return std::chrono::seconds(static_cast<long>(std::clamp(std::ceil(mean_seconds_ * rounds / 2), 1.0, 60.0)));
}

bool SchedulerLoop::drain(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (state_ == State::open) state_ = State::draining;
    const auto done = [&] { return state_ == State::ended || (waiting_.empty() && running_ == 0); };
    if (idle_.wait_for(lock, patience, done)) return true;
    state_ = State::stopping;
    work_.notify_all();
    idle_.wait(lock, [&] { return state_ == State::ended; });
    return false;
}

SchedulerStats SchedulerLoop::stats() const {
    const std::lock_guard lock(mutex_);
    SchedulerStats stats = stats_;
    stats.running = running_;
    stats.waiting = waiting_.size();
    return stats;
}

void SchedulerLoop::run() {
    while (wait_for_work()) {
        drop_those_that_must_end();
        unsteer_those_switched_off();
        admit_waiting();
        if (table_.running() > 0) step();
    }
    end_all(FinishReason::shutdown);
    {
        const std::lock_guard lock(mutex_);
        state_ = State::ended;
    }
    idle_.notify_all();
}

bool SchedulerLoop::wait_for_work() {
    std::unique_lock lock(mutex_);
    running_ = table_.running();
    if (running_ == 0 && waiting_.empty()) idle_.notify_all();
    work_.wait(lock, [&] { return state_ == State::stopping || running_ > 0 || !waiting_.empty(); });
    return state_ != State::stopping;
}

void SchedulerLoop::drop_those_that_must_end() {
    const auto now = Clock::now();
    const auto reason_of = [&](const RunningRequest& request) {
        return request.answer ? request.answer->must_end(now) : std::nullopt;
    };
    for (Slot& slot : table_.slots()) {
        if (!slot.running) continue;
        if (const auto reason = reason_of(*slot.running)) {
            end(*slot.running, *reason);
            table_.release(slot);
        }
    }
    std::vector<RunningRequest> dropped;
    {
        const std::lock_guard lock(mutex_);
        for (auto one = waiting_.begin(); one != waiting_.end();) {
            if (reason_of(*one)) {
                dropped.push_back(std::move(*one));
                one = waiting_.erase(one);
            } else {
                ++one;
            }
        }
    }
    for (RunningRequest& request : dropped) end(request, reason_of(request).value_or(FinishReason::cancelled));
}

void SchedulerLoop::unsteer_those_switched_off() {
    for (Slot& slot : table_.slots()) {
        if (slot.running && slot.running->must_be_unsteered()) table_.unsteer(slot, engine_);
    }
}

void SchedulerLoop::admit_waiting() {
    while (table_.has_free()) {
        RunningRequest request;
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.empty()) break;
            request = std::move(waiting_.front());
            waiting_.pop_front();
            ++running_;
        }
        Answer* answer = request.answer.get();
        if (request.must_be_unsteered()) answer->unsteer();
        const std::size_t cached = table_.admit(std::move(request), engine_);
        if (answer != nullptr) answer->started(cached);
        const std::lock_guard lock(mutex_);
        stats_.prompt_tokens_cached += cached;
    }
}

void SchedulerLoop::step() {
    const auto begin = Clock::now();
    const BatchStep::Counts counts = batch_.run();
    const std::lock_guard lock(mutex_);
    stats_.busy_seconds += std::chrono::duration<double>(Clock::now() - begin).count();
    stats_.decodes += 1;
    stats_.rows += counts.rows;
    stats_.prompt_tokens_read += counts.prompt_rows;
    stats_.generated_tokens += counts.generated;
    stats_.failed_decodes += counts.failed;
}

void SchedulerLoop::end(RunningRequest& request, FinishReason reason) {
    if (request.answer) {
        request.answer->end(reason);
    } else {
        request.reader->fail(
            std::make_exception_ptr(Error(ErrorKind::interrupted, "embedding: ended by " + to_string(reason))));
    }
    count_end(request);
}

void SchedulerLoop::count_end(const RunningRequest& request) {
    const std::lock_guard lock(mutex_);
    if (request.reader) {
        ++stats_.embeddings;
        return;
    }
    const CompletionEnd& end = request.answer->ended();
    ++stats_.finished[to_string(end.reason)];
    mean_seconds_ = 0.8 * mean_seconds_ + 0.2 * std::chrono::duration<double>(end.total).count();
}

void SchedulerLoop::end_all(FinishReason reason) {
    std::deque<RunningRequest> waiting;
    {
        const std::lock_guard lock(mutex_);
        waiting.swap(waiting_);
    }
    for (RunningRequest& request : waiting) end(request, reason);
    for (Slot& slot : table_.slots()) {
        if (!slot.running) continue;
        end(*slot.running, reason);
        table_.release(slot);
    }
    const std::lock_guard lock(mutex_);
    running_ = 0;
}

}  // namespace contrans
