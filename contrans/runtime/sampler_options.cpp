#include <cmath>
#include <string>

#include "contrans/core/error.h"
#include "contrans/runtime/sampler.h"

namespace contrans {
namespace {

void require_in(const char* name, double value, double lowest, double highest) {
    if (value >= lowest && value <= highest) return;
    const auto text = [](double x) {
        std::string digits = std::to_string(x);
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.back() == '.') digits.pop_back();
        return digits;
    };
    throw Error(ErrorKind::argument, std::string("sampling: ") + name + " must be " + text(lowest) + " to " +
                                         text(highest) + ", got " + text(value));
}

void require_bias(Token token, double bias, std::size_t vocabulary_size) {
    if (token < 0 || static_cast<std::size_t>(token) >= vocabulary_size) {
        throw Error(ErrorKind::argument, "sampling: logit_bias names token " + std::to_string(token) + " of " +
                                             std::to_string(vocabulary_size));
    }
    if (std::isnan(bias) || bias > 1000) {
        throw Error(ErrorKind::argument, "sampling: logit_bias of token " + std::to_string(token) +
                                             " must be a number up to 1000, got " + std::to_string(bias));
    }
}

}  // namespace

void require_valid(const SamplerOptions& options, std::size_t vocabulary_size) {
    require_in("temperature", options.temperature, 0, 100);
    require_in("top_p", options.top_p, 0, 1);
    require_in("min_p", options.min_p, 0, 1);
    require_in("typical_p", options.typical_p, 0, 1);
    require_in("repetition_penalty", options.repetition_penalty, 0.01, 100);
    require_in("presence_penalty", options.presence_penalty, -100, 100);
    require_in("frequency_penalty", options.frequency_penalty, -100, 100);
    for (const auto& [token, bias] : options.logit_bias) require_bias(token, bias, vocabulary_size);
}

}  // namespace contrans
