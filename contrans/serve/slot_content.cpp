#include "contrans/serve/slot_content.h"

#include <algorithm>

namespace contrans {
namespace {

bool alike(const SlotContent::Plan& a, const SlotContent::Plan& b) {
    return a == b || (a && b && a->digest() == b->digest());
}

}  // namespace

void SlotContent::append(Token token, const Plan& plan) {
    tokens_.push_back(token);
    plans_.push_back(plan);
}

void SlotContent::cut(std::size_t size) {
    tokens_.resize(std::min(size, tokens_.size()));
    plans_.resize(tokens_.size());
}

std::size_t SlotContent::unsteered_beginning() const {
    const auto steered = std::ranges::find_if(plans_, [](const Plan& plan) { return plan != nullptr; });
    return static_cast<std::size_t>(steered - plans_.begin());
}

std::size_t SlotContent::agreement(std::span<const Token> prompt, const RequestSteering& steering) const {
    const std::size_t most = std::min(prompt.size(), tokens_.size());
    for (std::size_t i = 0; i < most; ++i) {
        if (tokens_[i] != prompt[i] || !alike(plans_[i], steering.plan_at(i, TokenPhase::prompt))) return i;
    }
    return most;
}

}  // namespace contrans
