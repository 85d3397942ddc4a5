#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "contrans/runtime/engine.h"
#include "contrans/serve/running_request.h"
#include "contrans/serve/slot_content.h"

namespace contrans {

/// A sequence of the engine, what it holds, and the request that has it.
struct Slot {
    std::size_t sequence = 0;
    SlotContent content;
    std::optional<RunningRequest> running;
    std::size_t last_used = 0;  ///< rising; 0: never

    /// Tokens of the running request that are still to be read.
    [[nodiscard]] std::size_t pending() const { return running->tokens.size() - content.size(); }
};

/// The slots, and the choice of one for a new request.
///
/// A slot's content stays when its request has ended: the prompt cache. A new request goes on from the longest
/// beginning of its prompt that any slot, free or not, holds in the same steering.
class SlotTable {
public:
    explicit SlotTable(std::size_t slots);

    [[nodiscard]] std::vector<Slot>& slots() { return slots_; }
    [[nodiscard]] std::size_t running() const;
    [[nodiscard]] bool has_free() const { return running() < slots_.size(); }

    /// Gives the request a free slot; there must be one. @return the tokens of its prompt that are already read
    std::size_t admit(RunningRequest request, Engine& engine);
    /// Takes the steering away from the slot's running answer, and from its content all from the first steered position
    /// on: prompt and answer so far will be read again.
    void unsteer(Slot& slot, Engine& engine);
    /// The slot is free again, its content stays.
    void release(Slot& slot);
    /// The engine has forgotten everything.
    void clear_contents();

private:
    [[nodiscard]] Slot& least_recently_used_free();

    std::vector<Slot> slots_;
    std::size_t clock_ = 0;
};

}  // namespace contrans
