#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contrans/runtime/sampler.h"
#include "contrans/serve/request_steering.h"
#include "contrans/serve/steering_switch.h"

namespace contrans {

/// One answer to be written.
struct CompletionRequest {
    std::vector<Token> prompt;
    SamplerOptions sampling;
    std::size_t max_tokens = 0;           ///< 0: as many as the context holds
    std::vector<std::string> stop;        ///< end the answer, and are no part of it; none is empty
    std::optional<std::size_t> logprobs;  ///< for every token its own and so many alternatives; nothing: none
    std::vector<Token> visible_tokens;    ///< control tokens that are part of the text (ChatPrompt)
    RequestSteering steering;             ///< default: unsteered
    /// Takes all of the steering away, whoever asked for it (steering_switch.h). Null: none; an unsteered request does
    /// not look at it.
    std::shared_ptr<const SteeringSwitch> steering_switch;
    std::vector<Probe> probes;                            ///< projections wanted of every token; empty: none
    std::size_t unreported = 0;                           ///< of the last so many probes the means alone are wanted
    std::optional<std::chrono::milliseconds> time_limit;  ///< from when it was submitted; nothing: none
};

/// A token, with what was asked about it.
struct TokenReport {
    struct Alternative {
        Token token = 0;
        std::string piece;
        double logprob = 0;
    };
    Token token = 0;
    std::string piece;  ///< its bytes, not always whole characters
    double logprob = 0;
    std::vector<Alternative> top;     ///< falling
    std::vector<double> projections;  ///< of each reported probe, of the state that this token was chosen from
};

/// A step of an answer.
struct CompletionPiece {
    std::string text;  ///< whole characters (valid UTF-8), nothing of a stop string
    /// Filled where logprobs or reported probes were asked for: the tokens since the piece before, those whose text is
    /// held back included.
    std::vector<TokenReport> tokens;
};

/// `failed`: CompletionEnd::error says why. `shutdown`: the scheduler went away. `switched_off`: so did the steering,
/// and answers were to end with it.
enum class FinishReason { stop, length, cancelled, time_limit, shutdown, failed, switched_off };

/// "stop", "length", "cancelled", "time_limit", "shutdown", "failed", "switched_off".
[[nodiscard]] std::string to_string(FinishReason reason);

struct CompletionEnd {
    FinishReason reason = FinishReason::stop;
    std::string stopped_by;  ///< the stop string that was met; empty: another reason
    std::string error;
    std::size_t prompt_tokens = 0;
    std::size_t cached_tokens = 0;  ///< of the prompt, not read again
    std::size_t generated_tokens = 0;
    /// Its steering was switched off: the first `switched_off_at` of the generated tokens come from a steered state,
    /// all later ones from an unsteered one (WhenSwitchedOff::end: there are none).
    bool switched_off = false;
    std::size_t switched_off_at = 0;
    std::vector<double> mean_projections;     ///< of each probe, over the generated tokens; empty: there were none
    std::chrono::microseconds queued{};       ///< from submission to a slot
    std::chrono::microseconds first_token{};  ///< from submission to the first token; 0: there was none
    std::chrono::microseconds total{};
};

}  // namespace contrans
