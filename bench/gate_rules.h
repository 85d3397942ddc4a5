#pragma once

#include <array>
#include <cstddef>
#include <deque>

#include "contrans/rollout/tally.h"

namespace contrans::bench {

/// Rules that sound an alarm for a gate, looked at after every outcome. All at level α, for a treatment mean above
/// control's, without a margin.
enum class Rule : std::size_t {
    evidence,     ///< the library's
    plain_prior,  ///< the same with Beta(1/2, 1/2) in each arm
    blocks,       ///< likelihood ratios of blocks of outcomes, which need the outcomes' order
    z_test,       ///< a fixed-sample test of two shares, from 30 outcomes in either arm on
};
inline constexpr std::size_t kRules = 4;
inline constexpr std::array<const char*, kRules> kRuleNames = {"evidence", "plain_prior", "blocks", "z_test"};

/// The test of Turner, Ly and Grünwald (2024): one outcome of the treatment and k of control, in the order in which
/// they came, are a block; its factor is Π θ_A^x (1−θ_A)^(1−x) / (θ_0^x (1−θ_0)^(1−x)) with θ_0 = (θ_T + kθ_C)/(1 + k),
/// whose mean is 1 at most where the arms' means are equal, whatever they are: no null is maximised over. Here its mean
/// over a grid of θ_T > θ_C, without a margin. Outcomes that are not in a whole block yet wait.
class Blocks {
public:
    /// @param control_outcomes  k.
    explicit Blocks(std::size_t control_outcomes);
    /// Whether this outcome made a block whole.
    bool completes(bool to_treatment, double outcome);
    [[nodiscard]] bool alarms(double level) const;

private:
    struct Cell {
        double treatment_one, treatment_zero, control_one, control_zero;
    };
    std::size_t control_outcomes_;
    std::array<Cell, 56> cells_{};
    std::deque<double> treatment_waits_;
    std::deque<double> control_waits_;
    Tally treatment_;
    Tally control_;
};

/// The rules of one gate in one stage, and which have sounded.
class GateWatch {
public:
    /// @param with_blocks  whether that rule is followed too; it costs the most.
    GateWatch(double treatment_share, double alpha, bool with_blocks);
    void add(bool to_treatment, double outcome);
    [[nodiscard]] bool sounded(Rule rule) const { return sounded_[static_cast<std::size_t>(rule)]; }
    [[nodiscard]] bool all_sounded() const;

private:
    void sound(Rule rule, bool alarm);
    void look();

    double level_;
    double z_level_;
    bool with_blocks_;
    Blocks blocks_;
    Tally treatment_;
    Tally control_;
    std::array<bool, kRules> sounded_{};
};

}  // namespace contrans::bench
