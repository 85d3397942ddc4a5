#include "contrans/serve/answer.h"

#include <algorithm>
#include <utility>

namespace contrans {
namespace {

std::chrono::microseconds since(Answer::Clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Answer::Clock::now() - begin);
}

}  // namespace

Answer::Answer(std::shared_ptr<const Model> model, CompletionRequest request, std::shared_ptr<CompletionStream> stream)
    : model_(std::move(model)),
      request_(std::move(request)),
      stream_(std::move(stream)),
      sampler_(model_, request_.sampling),
      text_(request_.stop),
      submitted_(Clock::now()) {
    sampler_.see(request_.prompt);
    end_.prompt_tokens = request_.prompt.size();
}

std::optional<FinishReason> Answer::must_end(Clock::time_point now) const {
    // The scheduler holds one of them: the other is gone, so nobody will read.
    if (stream_->cancelled() || stream_.use_count() == 1) return FinishReason::cancelled;
    if (request_.time_limit && now - submitted_ >= *request_.time_limit) return FinishReason::time_limit;
    if (switched_off() == WhenSwitchedOff::end) return FinishReason::switched_off;
    return std::nullopt;
}

void Answer::started(std::size_t cached_tokens) {
    end_.queued = since(submitted_);
    end_.cached_tokens = cached_tokens;
}

std::optional<WhenSwitchedOff> Answer::switched_off() const {
    const SteeringSwitch* own = request_.steering_switch.get();
    if (own == nullptr || !own->is_off() || !request_.steering.steers()) return std::nullopt;
    return own->rule();
}

void Answer::unsteer() {
    request_.steering = RequestSteering();
    end_.switched_off = true;
    end_.switched_off_at = end_.generated_tokens;
}

std::optional<Token> Answer::go_on(std::span<const float> logits, std::vector<double> projections, std::size_t room) {
    const Token token = sampler_.sample(logits);
    if (end_.first_token.count() == 0) end_.first_token = since(submitted_);
    if (model_->tokenizer().ends_generation(token)) {
        end(FinishReason::stop);
        return std::nullopt;
    }
    ++end_.generated_tokens;
    keep_projections(projections);
    if (wants_reports()) unsent_.push_back(report_of(token, logits, std::move(projections)));
    send(text_.add(piece_of(token)));
    if (text_.stopped_by()) {
        end_.stopped_by = *text_.stopped_by();
        end(FinishReason::stop);
        return std::nullopt;
    }
    if (room == 0 || (request_.max_tokens != 0 && end_.generated_tokens >= request_.max_tokens)) {
        end(FinishReason::length);
        return std::nullopt;
    }
    return token;
}

void Answer::end(FinishReason reason, const std::string& error) {
    if (reason == FinishReason::switched_off) unsteer();
    send(text_.rest());
    end_.reason = reason;
    end_.error = error;
    end_.total = since(submitted_);
    end_.mean_projections = projected_;
    for (double& sum : end_.mean_projections) sum /= static_cast<double>(end_.generated_tokens);
    stream_->finish(end_);
}

void Answer::keep_projections(std::span<const double> projections) {
    projected_.resize(projections.size());
    for (std::size_t i = 0; i < projections.size(); ++i) projected_[i] += projections[i];
}

TokenReport Answer::report_of(Token token, std::span<const float> logits, std::vector<double> projections) {
    TokenReport report{.token = token, .piece = piece_of(token), .logprob = 0, .top = {}, .projections = {}};
    projections.resize(request_.probes.size() - request_.unreported);
    report.projections = std::move(projections);
    if (!request_.logprobs) return report;
    const Logprobs logprobs = logprobs_of(logits, token, *request_.logprobs);
    report.logprob = logprobs.chosen;
    for (const ScoredToken& one : logprobs.top) report.top.push_back({one.token, piece_of(one.token), one.logprob});
    return report;
}

std::string Answer::piece_of(Token token) const {
    const bool visible = std::ranges::find(request_.visible_tokens, token) != request_.visible_tokens.end();
    return visible ? model_->tokenizer().spelling(token) : model_->tokenizer().piece(token);
}

void Answer::send(std::string text) {
    if (text.empty() && unsent_.empty()) return;
    stream_->put({std::move(text), std::exchange(unsent_, {})});
}

}  // namespace contrans
