#include "contrans/serve/slot_table.h"

#include <algorithm>
#include <utility>

namespace contrans {
namespace {

struct Donor {
    Slot* slot = nullptr;
    std::size_t tokens = 0;
};

Donor best_donor(std::vector<Slot>& slots, const RunningRequest& request) {
    Donor best;
    const std::span prompt = std::span(request.tokens).first(request.reusable());
    for (Slot& slot : slots) {
        const std::size_t tokens = slot.content.agreement(prompt, request.steering());
        if (tokens > best.tokens) best = {&slot, tokens};
    }
    return best;
}

/// Whether more of the slot's content would be gone on from than lost.
bool is_worth_taking(const Donor& donor) {
    return donor.slot != nullptr && !donor.slot->running && 2 * donor.tokens >= donor.slot->content.size();
}

}  // namespace

SlotTable::SlotTable(std::size_t slots) : slots_(slots) {
    for (std::size_t i = 0; i < slots; ++i) slots_[i].sequence = i;
}

std::size_t SlotTable::running() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(slots_, [](const Slot& slot) { return slot.running.has_value(); }));
}

Slot& SlotTable::least_recently_used_free() {
    Slot* chosen = nullptr;
    for (Slot& slot : slots_) {
        if (!slot.running && (chosen == nullptr || slot.last_used < chosen->last_used)) chosen = &slot;
    }
    return *chosen;
}

std::size_t SlotTable::admit(RunningRequest request, Engine& engine) {
    const Donor donor = best_donor(slots_, request);
    Slot& slot = is_worth_taking(donor) ? *donor.slot : least_recently_used_free();
    if (donor.slot == nullptr) {
        engine.forget_sequence(slot.sequence);
        slot.content.cut(0);
    } else {
        if (&slot != donor.slot) {
            engine.forget_sequence(slot.sequence);
            engine.copy_sequence(donor.slot->sequence, slot.sequence, donor.tokens);
            slot.content = donor.slot->content;
        }
        slot.content.cut(engine.forget_from(slot.sequence, donor.tokens));
    }
    slot.running = std::move(request);
    return slot.content.size();
}

void SlotTable::unsteer(Slot& slot, Engine& engine) {
    slot.running->answer->unsteer();
    const std::size_t kept = slot.content.unsteered_beginning();
    // Not asked of the engine where nothing goes: some architectures can only forget all.
    if (kept < slot.content.size()) slot.content.cut(engine.forget_from(slot.sequence, kept));
}

void SlotTable::release(Slot& slot) {
    slot.running.reset();
    slot.last_used = ++clock_;
}

void SlotTable::clear_contents() {
    for (Slot& slot : slots_) slot.content.cut(0);
}

}  // namespace contrans
