#pragma once

#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/server/rollout_choice.h"
#include "contrans/serve/answer_signals.h"
#include "contrans/serve/completion.h"
#include "contrans/serve/concept_choice.h"

namespace contrans::server {

/// What is kept of a request: no key, no word of the prompt or the answer, nothing else that a client wrote but the
/// names of concepts that exist.
struct RequestRecord {
    std::string id;
    std::string route;     ///< "POST /v1/chat/completions"; "other" where there is none
    std::string key_name;  ///< empty: no keys are asked for, or none that is known came
    int status = 0;
    std::string refused_field;  ///< of a RequestError
    std::string failure;        ///< the server's own trouble; empty: none
    std::string engine;         ///< that a gateway asked; empty: none, or the server has its own
    std::vector<AppliedConcept> applied;
    std::string persona;                   ///< whose concepts were applied, "warm-support@2"; empty: none's
    std::optional<RolloutChoice> rollout;  ///< nothing: the request chose for itself, or none takes it
    std::vector<std::string> probed;       ///< the concepts that end->mean_projections are of
    std::optional<CompletionEnd> end;
    AnswerSignals signals;  ///< of the whole text; meaningful where `end` is set
    std::string rated;      ///< the answer that feedback was given for; empty: none
    double milliseconds = 0;
    std::string prompt;  ///< for the audit log alone, where it keeps prompts; else empty. Never in the log
};

/// One JSON object a line.
[[nodiscard]] std::string log_line(const RequestRecord& record, std::string_view time);

enum class LogTarget { none, standard_error };

/// Thread-safe.
class RequestLog {
public:
    explicit RequestLog(LogTarget target) : target_(target) {}
    void write(const RequestRecord& record);
    /// A line that belongs to no request.
    void trouble(std::string_view text) { write_line("trouble", text); }
    void note(std::string_view text) { write_line("note", text); }

private:
    void write_line(const char* what, std::string_view text);

    LogTarget target_;
    std::mutex mutex_;
};

/// 24 hexadecimal digits that nobody can guess.
[[nodiscard]] std::string fresh_id();

}  // namespace contrans::server
