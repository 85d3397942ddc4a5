#pragma once

#include <atomic>

namespace contrans {

/// What becomes of answers that are being written when their steering is switched off.
enum class WhenSwitchedOff { go_on_unsteered, end };

/// Shared by all requests that one decision steers; switched off once and for ever. Thread-safe.
///
/// What it promises: a token that is drawn after switch_off() has returned comes from a past that was read without any
/// steering. Each answer looks at the switch right before a token is drawn from it, also when that token's batch was
/// decoded before: steered logits are then thrown away. So at most one token of each answer may still come from the
/// steered state, the one that is being drawn while switch_off() is called.
class SteeringSwitch {
public:
    explicit SteeringSwitch(WhenSwitchedOff rule) : rule_(rule) {}

    /// From any thread; later calls do nothing.
    void switch_off() { off_ = true; }
    [[nodiscard]] bool is_off() const { return off_; }
    [[nodiscard]] WhenSwitchedOff rule() const { return rule_; }

private:
    const WhenSwitchedOff rule_;
    std::atomic<bool> off_ = false;
};

}  // namespace contrans
