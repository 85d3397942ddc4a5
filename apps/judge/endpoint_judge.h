#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "apps/http/http_request.h"
#include "contrans/evaluation/judge.h"

namespace contrans {

struct EndpointOptions {
    std::string model;                          ///< the request's "model"; empty: "default"
    std::string key;                            ///< sent as a bearer token; empty: none
    std::size_t tries = 6;                      ///< of one answer; at least 1
    std::chrono::milliseconds wait{500};        ///< before the second try; doubled before each further one
    std::chrono::milliseconds patience{60000};  ///< for one try
};

/// An OpenAI-compatible endpoint as judge: the likeliest next tokens of /v1/chat/completions after its prompt. Those
/// that read yes or no, whatever their case and white space, are summed; neither where they are not among the
/// likeliest 20 or hardly count. Tries again when there is no connection or no reply in time, and after 429 and 5xx.
class EndpointJudge : public Judge {
public:
    /// Throws as parse_endpoint.
    EndpointJudge(std::string url, EndpointOptions options);

    [[nodiscard]] std::string name() const override {
        return url_ + (options_.model.empty() ? "" : " " + options_.model);
    }
    /// Throws Error{model} naming the endpoint and what it did: after the last try, at once for what it refuses or what
    /// is no answer with log-probabilities; Error{interrupted} also while it waits.
    [[nodiscard]] std::vector<JudgeAnswer> ask(std::span<const JudgeQuestion> questions,
                                               const RunContext& context) override;

private:
    [[nodiscard]] std::string completion_of(const JudgeQuestion& question, const RunContext& context) const;
    [[noreturn]] void fail(const std::string& what) const;

    std::string url_;
    EndpointAddress address_;
    EndpointOptions options_;
};

/// What the body of a completion says. Throws Error{format} for one without the first token's likeliest others.
[[nodiscard]] JudgeAnswer answer_from_completion(const std::string& body);

}  // namespace contrans
