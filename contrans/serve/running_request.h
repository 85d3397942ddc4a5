#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "contrans/serve/answer.h"
#include "contrans/serve/state_reader.h"

namespace contrans {

/// A request that waits for a slot or has one: an answer to be written or states to be read.
struct RunningRequest {
    std::unique_ptr<Answer> answer;  // one of the two is null
    std::unique_ptr<StateReader> reader;
    std::vector<Token> tokens;  ///< the prompt, then what was drawn
    std::size_t prompt_tokens = 0;
    std::size_t arrival = 0;  ///< rising
    /// It was in a batch that could not be decoded: to be read alone until it has been read or has failed.
    enum class Trust { unharmed, suspect } trust = Trust::unharmed;

    [[nodiscard]] const RequestSteering& steering() const {
        return answer ? answer->request().steering : reader->request().steering;
    }
    /// Its steering has been switched off, and it is to go on without.
    [[nodiscard]] bool must_be_unsteered() const {
        return answer && answer->switched_off() == WhenSwitchedOff::go_on_unsteered;
    }
    [[nodiscard]] const RequestSteering::Plan& plan_at(std::size_t position) const {
        return steering().plan_at(position, position < prompt_tokens ? TokenPhase::prompt : TokenPhase::generated);
    }
    /// The first tokens of the prompt that need not be read again where they were read for another request: all but the
    /// last, whose logits or state is wanted; none where the states of all are.
    [[nodiscard]] std::size_t reusable() const {
        return reader && reader->request().pooling == TextPosition::mean ? 0 : prompt_tokens - 1;
    }
};

}  // namespace contrans
