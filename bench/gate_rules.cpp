#include "bench/gate_rules.h"

#include <algorithm>
#include <cmath>

#include "contrans/rollout/sequential_test.h"

namespace contrans::bench {
namespace {

constexpr std::size_t kFewest = 30;

/// z with P(normal > z) = alpha, by halving.
double upper_quantile(double alpha) {
    double low = 0;
    double high = 40;
    for (int step = 0; step < 100; ++step) {
        const double z = low + (high - low) / 2;
        (std::erfc(z / std::sqrt(2.0)) / 2 > alpha ? low : high) = z;
    }
    return low;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

Blocks::Blocks(std::size_t control_outcomes) : control_outcomes_(control_outcomes) {
    const auto k = static_cast<double>(control_outcomes);
    std::size_t at = 0;
    for (int base = 0; base < 14; ++base) {
        for (const double effect : {0.4, 0.8, 1.3, 2.0}) {
            const double c = logistic(-5.5 + 0.7 * base);
            const double t = logistic(-5.5 + 0.7 * base + effect);
            const double null = (t + k * c) / (1 + k);
            cells_[at++] = {std::log(t / null), std::log((1 - t) / (1 - null)), std::log(c / null),
                            std::log((1 - c) / (1 - null))};
        }
    }
}

bool Blocks::completes(bool to_treatment, double outcome) {
    (to_treatment ? treatment_waits_ : control_waits_).push_back(outcome);
    if (treatment_waits_.empty() || control_waits_.size() < control_outcomes_) return false;
    treatment_.add(treatment_waits_.front());
    treatment_waits_.pop_front();
    for (std::size_t i = 0; i < control_outcomes_; ++i) {
        control_.add(control_waits_.front());
        control_waits_.pop_front();
    }
    return true;
}

bool Blocks::alarms(double level) const {
    std::array<double, std::tuple_size_v<decltype(cells_)>> logs{};
    double largest = -HUGE_VAL;
    for (std::size_t k = 0; k < logs.size(); ++k) {
        const Cell& cell = cells_[k];
        logs[k] = treatment_.sum * cell.treatment_one + treatment_.rest() * cell.treatment_zero +
                  control_.sum * cell.control_one + control_.rest() * cell.control_zero;
        largest = std::max(largest, logs[k]);
    }
    if (largest < level) return false;  // nor does their mean
    double sum = 0;
    for (const double value : logs) sum += std::exp(value - largest);
    return largest + std::log(sum / static_cast<double>(logs.size())) >= level;
}

GateWatch::GateWatch(double treatment_share, double alpha, bool with_blocks)
    : level_(-std::log(alpha)),
      z_level_(upper_quantile(alpha)),
      with_blocks_(with_blocks),
      blocks_(static_cast<std::size_t>(std::lround((1 - treatment_share) / treatment_share))) {}

void GateWatch::add(bool to_treatment, double outcome) {
    (to_treatment ? treatment_ : control_).add(outcome);
    if (with_blocks_ && !sounded(Rule::blocks) && blocks_.completes(to_treatment, outcome)) {
        sound(Rule::blocks, blocks_.alarms(level_));
    }
    look();
}

bool GateWatch::all_sounded() const {
    return std::ranges::all_of(sounded_, [](bool alarm) { return alarm; });
}

void GateWatch::sound(Rule rule, bool alarm) {
    bool& flag = sounded_[static_cast<std::size_t>(rule)];
    flag = flag || alarm;
}

void GateWatch::look() {
    const double mean_t = treatment_.mean_or(0);
    const double mean_c = control_.mean_or(1);
    if (mean_t <= mean_c) return;
    const auto n_t = static_cast<double>(treatment_.n);
    const auto n_c = static_cast<double>(control_.n);
    const double pooled = (treatment_.sum + control_.sum) / (n_t + n_c);
    const double z2 = (n_t * (mean_t - pooled) * (mean_t - pooled) + n_c * (mean_c - pooled) * (mean_c - pooled)) /
                      (pooled * (1 - pooled));
    sound(Rule::z_test, std::min(treatment_.n, control_.n) >= kFewest && z2 >= z_level_ * z_level_);
    // A mixture is no larger than the largest likelihood, and KL(p‖q) ≤ (p−q)²/(q(1−q)): evidence cannot pass z².
    if (z2 < level_) return;
    if (!sounded(Rule::evidence)) sound(Rule::evidence, log_evidence_of_excess(treatment_, control_, 0) >= level_);
    if (!sounded(Rule::plain_prior)) {
        // Against the pooled mean, the likeliest of the null.
        sound(Rule::plain_prior, log_evidence_at(treatment_, pooled) + log_evidence_at(control_, pooled) >= level_);
    }
}

}  // namespace contrans::bench
