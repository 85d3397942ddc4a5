#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/runtime/model.h"
#include "contrans/runtime/sampler.h"
#include "contrans/serve/answer_text.h"
#include "contrans/serve/completion.h"
#include "contrans/serve/completion_stream.h"

namespace contrans {

/// One answer while it is written: draws its tokens, cuts its text, sends both to whoever asked.
class Answer {
public:
    using Clock = std::chrono::steady_clock;

    /// Throws as Sampler and AnswerText do.
    Answer(std::shared_ptr<const Model> model, CompletionRequest request, std::shared_ptr<CompletionStream> stream);

    [[nodiscard]] const CompletionRequest& request() const { return request_; }

    /// Why it must end now, if it must: cancelled, given up by whoever asked, out of time, or switched off where that
    /// ends it.
    [[nodiscard]] std::optional<FinishReason> must_end(Clock::time_point now) const;
    void started(std::size_t cached_tokens);

    /// What becomes of it now that its steering is switched off. Nothing: it is not, or there is none.
    [[nodiscard]] std::optional<WhenSwitchedOff> switched_off() const;
    /// It is unsteered from now on: what was read steered must be read again.
    void unsteer();

    /// The logits after all tokens so far, and the projections asked for. @return the next token to be read; nothing:
    /// the answer has ended. @param room  tokens that the context still holds
    [[nodiscard]] std::optional<Token> go_on(std::span<const float> logits, std::vector<double> projections,
                                             std::size_t room);
    void end(FinishReason reason, const std::string& error = "");
    [[nodiscard]] const CompletionEnd& ended() const { return end_; }

private:
    [[nodiscard]] TokenReport report_of(Token token, std::span<const float> logits, std::vector<double> projections);
    [[nodiscard]] std::string piece_of(Token token) const;
    void send(std::string text);
    [[nodiscard]] bool wants_reports() const {
        return request_.logprobs.has_value() || request_.probes.size() > request_.unreported;
    }
    void keep_projections(std::span<const double> projections);

    std::shared_ptr<const Model> model_;
    CompletionRequest request_;
    std::shared_ptr<CompletionStream> stream_;
    Sampler sampler_;
    AnswerText text_;
    std::vector<TokenReport> unsent_;
    std::vector<double> projected_;  // of each probe, the sum over the generated tokens
    CompletionEnd end_;
    Clock::time_point submitted_;
};

}  // namespace contrans
