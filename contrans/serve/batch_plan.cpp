#include "contrans/serve/batch_plan.h"

#include <algorithm>

namespace contrans {
namespace {

using Kind = PendingSlot::Kind;

/// Rows for so many prompts beside so many answers.
std::size_t prompt_room(const BatchRoom& room, std::size_t prompts, std::size_t answers) {
    const std::size_t left = room.rows - std::min(room.rows, answers);
    return answers == 0 ? left : std::min(left, std::max(prompts, std::size_t{2}) * room.beside_answers / 2);
}

void share_out(std::vector<PendingSlot> prompts, std::size_t room, std::vector<BatchShare>& shares) {
    if (prompts.empty() || room == 0) return;
    const auto oldest = std::ranges::min_element(prompts, {}, &PendingSlot::arrival);
    const std::size_t reserved_for = oldest->slot;
    const std::size_t reserved = std::min(oldest->tokens, (room + 3) / 4);
    std::ranges::stable_sort(prompts, [](const PendingSlot& a, const PendingSlot& b) {
        return a.tokens != b.tokens ? a.tokens < b.tokens : a.arrival < b.arrival;
    });
    std::size_t free = room - reserved;
    for (const PendingSlot& prompt : prompts) {
        const std::size_t own = prompt.slot == reserved_for ? reserved : 0;
        const std::size_t more = std::min(prompt.tokens - own, free);
        free -= more;
        if (own + more > 0) shares.push_back({prompt.slot, own + more});
    }
}

}  // namespace

std::vector<BatchShare> plan_batch(std::span<const PendingSlot> pending, const BatchRoom& room) {
    std::vector<BatchShare> shares;
    std::vector<PendingSlot> prompts;
    for (const PendingSlot& slot : pending) {
        if (slot.kind == Kind::reading) {
            prompts.push_back(slot);
        } else if (shares.size() < room.rows) {
            shares.push_back({slot.slot, 1});
        }
    }
    const std::size_t rows = prompt_room(room, prompts.size(), shares.size());
    share_out(std::move(prompts), rows, shares);
    return shares;
}

}  // namespace contrans
