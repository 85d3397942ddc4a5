#include "tests/serve/cold_run.h"

#include <algorithm>
#include <cmath>

#include "contrans/runtime/engine.h"

namespace contrans::testing {
namespace {

double naive_log_sum_exp(std::span<const float> logits) {
    const double largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float x : logits) sum += std::exp(static_cast<double>(x) - largest);
    return largest + std::log(sum);
}

std::vector<BatchRow> rows_of(const std::vector<Token>& prompt, const std::vector<Token>& answer,
                              const RequestSteering& steering) {
    std::vector<BatchRow> rows;
    for (std::size_t i = 0; i + 1 < prompt.size() + answer.size(); ++i) {
        const bool in_prompt = i < prompt.size();
        rows.push_back({in_prompt ? prompt[i] : answer[i - prompt.size()],
                        i,
                        {0},
                        i + 1 >= prompt.size(),
                        steering.plan_at(i, in_prompt ? TokenPhase::prompt : TokenPhase::generated)});
    }
    return rows;
}

}  // namespace

ColdAnswer cold_run(const std::shared_ptr<const Model>& model, const std::vector<Token>& prompt,
                    const std::vector<Token>& answer, const RequestSteering& steering) {
    if (answer.empty()) return {};
    const auto rows = rows_of(prompt, answer, steering);
    Engine engine(model, {.batch_tokens = rows.size(),
                          .context_tokens = rows.size(),
                          .sequences = 1,
                          .logit_rows = answer.size(),
                          .threads = 1});
    engine.decode(rows);
    ColdAnswer cold;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        const auto logits = engine.logits(prompt.size() - 1 + i);
        const double total = naive_log_sum_exp(logits);
        cold.logprobs.push_back(static_cast<double>(logits[static_cast<std::size_t>(answer[i])]) - total);
        // The end token is banned in these tests.
        cold.likeliest.push_back(static_cast<double>(*std::max_element(logits.begin() + 1, logits.end())) - total);
    }
    return cold;
}

namespace {

::testing::AssertionResult part_is_as_cold(const CompletionRequest& request, const Written& written, double tolerance,
                                           const std::shared_ptr<const Model>& model) {
    const ColdAnswer cold = cold_run(model, request.prompt, written.ids(), request.steering);
    for (std::size_t i = 0; i < written.tokens.size(); ++i) {
        const double seen = written.tokens[i].logprob;
        if (!(std::abs(seen - cold.logprobs[i]) <= tolerance)) {
            return ::testing::AssertionFailure()
                   << "token " << i << ": ln p " << seen << ", cold " << cold.logprobs[i] << " ("
                   << written.end.cached_tokens << " of " << request.prompt.size() << " cached)";
        }
        if (request.sampling.temperature == 0 && cold.likeliest[i] - cold.logprobs[i] > tolerance) {
            return ::testing::AssertionFailure() << "token " << i << " is not the likeliest of the cold run";
        }
    }
    return ::testing::AssertionSuccess();
}

}  // namespace

::testing::AssertionResult is_as_cold(const CompletionRequest& request, const Written& written, double tolerance,
                                      const std::shared_ptr<const Model>& model) {
    if (written.tokens.empty()) return ::testing::AssertionFailure() << "no token: " << written.end.error;
    if (!written.end.switched_off) return part_is_as_cold(request, written, tolerance, model);
    const auto border = written.tokens.begin() + static_cast<std::ptrdiff_t>(written.end.switched_off_at);
    Written steered = written;
    steered.tokens.assign(written.tokens.begin(), border);
    const auto before = part_is_as_cold(request, steered, tolerance, model);
    if (!before) return ::testing::AssertionFailure() << "before the switch: " << before.message();
    Written unsteered = written;
    unsteered.tokens.assign(border, written.tokens.end());
    CompletionRequest rest = request;
    for (const Token token : steered.ids()) rest.prompt.push_back(token);
    rest.steering = RequestSteering();
    const auto after = part_is_as_cold(rest, unsteered, tolerance, model);
    if (!after) return ::testing::AssertionFailure() << "after the switch: " << after.message();
    return ::testing::AssertionSuccess();
}

}  // namespace contrans::testing
