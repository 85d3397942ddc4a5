#include "contrans/serve/scheduler.h"

#include <algorithm>
#include <set>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/serve/scheduler_loop.h"

namespace contrans {
namespace {

void require_tokens(std::span<const Token> tokens, const Model& model) {
    const auto vocabulary = static_cast<Token>(model.vocabulary_size());
    const auto unknown = std::ranges::find_if(tokens, [&](Token token) { return token < 0 || token >= vocabulary; });
    if (unknown != tokens.end()) {
        throw Error(ErrorKind::argument, "scheduler: token " + std::to_string(*unknown) + " of a vocabulary of " +
                                             std::to_string(vocabulary));
    }
}

void require_length(std::span<const Token> tokens, std::size_t most) {
    if (!tokens.empty() && tokens.size() <= most) return;
    throw Error(ErrorKind::argument, "scheduler: a prompt has 1 to " + std::to_string(most) + " tokens here, got " +
                                         std::to_string(tokens.size()));
}

void require_plan(const RequestSteering::Plan& plan, const Model& model) {
    if (!plan || (plan->width() == model.d_model() && plan->deepest_layer().value < model.n_layers())) return;
    throw Error(ErrorKind::model, "scheduler: steering of width " + std::to_string(plan->width()) + " up to layer " +
                                      std::to_string(plan->deepest_layer().value) + " does not fit " +
                                      describe(model.identity()));
}

void require_layer(LayerIndex layer, const Model& model) {
    if (layer.value < model.n_layers()) return;
    throw Error(ErrorKind::argument, "scheduler: layer " + std::to_string(layer.value) +
                                         " of a model with layers 0 to " + std::to_string(model.n_layers() - 1));
}

void require_probes(std::span<const Probe> probes, const Model& model) {
    for (const Probe& probe : probes) {
        require_layer(probe.layer, model);
        if (probe.direction.size() == model.d_model()) continue;
        throw Error(ErrorKind::model, "scheduler: a probe of width " + std::to_string(probe.direction.size()) +
                                          " does not fit " + describe(model.identity()));
    }
}

void require_steering(const RequestSteering& steering, const Model& model) {
    for (const RequestSteering::Segment& segment : steering.segments()) {
        require_plan(segment.prompt, model);
        require_plan(segment.generated, model);
    }
}

void require_pooling(const EmbeddingRequest& request, const Model& model) {
    require_layer(request.layer, model);
    if (request.layer.value + 1 == model.n_layers() && request.pooling == TextPosition::mean) {
        throw Error(ErrorKind::argument,
                    "embedding: the last block computes the last position alone: ask for pooling "
                    "\"last\" or a layer below " +
                        std::to_string(request.layer.value));
    }
}

}  // namespace

Scheduler::Scheduler(std::shared_ptr<const Model> model, const SchedulerOptions& options)
    : loop_(std::make_unique<SchedulerLoop>(std::move(model), options)) {}

Scheduler::~Scheduler() = default;

const SchedulerOptions& Scheduler::options() const { return loop_->options(); }
const Model& Scheduler::model() const { return *loop_->model(); }

std::variant<std::shared_ptr<CompletionStream>, Refused> Scheduler::submit(CompletionRequest request) {
    require_length(request.prompt, options().context_tokens - 1);
    require_tokens(request.prompt, model());
    require_steering(request.steering, model());
    require_probes(request.probes, model());
    if (request.unreported > request.probes.size()) {
        throw Error(ErrorKind::argument, "scheduler: " + std::to_string(request.unreported) + " unreported of " +
                                             std::to_string(request.probes.size()) + " probes");
    }
    auto stream = std::make_shared<CompletionStream>();
    RunningRequest running;
    running.tokens = request.prompt;
    running.prompt_tokens = request.prompt.size();
    running.answer = std::make_unique<Answer>(loop_->model(), std::move(request), stream);
    if (const auto refused = loop_->enqueue(std::move(running))) return *refused;
    return stream;
}

std::variant<std::future<Embedding>, Refused> Scheduler::embed(EmbeddingRequest request) {
    require_length(request.tokens, options().context_tokens);
    require_tokens(request.tokens, model());
    require_steering(request.steering, model());
    require_pooling(request, model());
    RunningRequest running;
    running.tokens = request.tokens;
    running.prompt_tokens = request.tokens.size();
    running.reader = std::make_unique<StateReader>(std::move(request));
    std::future<Embedding> future = running.reader->future();
    if (const auto refused = loop_->enqueue(std::move(running))) return *refused;
    return future;
}

bool Scheduler::drain(std::chrono::milliseconds patience) { return loop_->drain(patience); }

SchedulerStats Scheduler::stats() const { return loop_->stats(); }

}  // namespace contrans
