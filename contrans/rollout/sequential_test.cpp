#include "contrans/rollout/sequential_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "contrans/core/error.h"
#include "contrans/rollout/beta_mixture.h"

namespace contrans {
namespace {

constexpr int kMostSteps = 200;

void require(bool holds, const char* operation, const char* rule, double value) {
    if (!holds)
        throw Error(ErrorKind::argument, std::string(operation) + ": " + rule + ", not " + std::to_string(value));
}

// With 0·log 0 = 0 and 0/0 = 0: what did not happen says nothing against a rate of zero.
double times_log(double count, double rate) { return count == 0 ? 0 : count * std::log(rate); }
double over(double count, double rate) { return count == 0 ? 0 : count / rate; }

double log_likelihood(const Tally& tally, double mean) {
    return times_log(tally.sum, mean) + times_log(tally.rest(), 1 - mean);
}

/// d/dm of it.
double score(const Tally& tally, double mean) { return over(tally.sum, mean) - over(tally.rest(), 1 - mean); }

/// −d²/dm² of it.
double information(const Tally& tally, double mean) {
    return over(tally.sum, mean * mean) + over(tally.rest(), (1 - mean) * (1 - mean));
}

/// A function's value and its derivative.
struct Point {
    double value = 0;
    double slope = 0;
};

/// The largest log-likelihood of both arms where mean_T − mean_C = d, and its derivative by d, which by the envelope
/// theorem is the treatment's score there. Newton's steps on the decreasing score, halving where they leave the
/// bracket.
Point best_on_line(const Tally& treatment, const Tally& control, double d) {
    const double left = std::max(0.0, -d);
    const double right = std::min(1.0, 1 - d);
    const auto slope = [&](double m) { return score(treatment, m + d) + score(control, m); };
    const auto at = [&](double m) -> Point {
        return {log_likelihood(treatment, m + d) + log_likelihood(control, m), score(treatment, m + d)};
    };
    if (!(slope(left) > 0)) return at(left);
    if (!(slope(right) < 0)) return at(right);
    double low = left;
    double high = right;
    double m = std::clamp((treatment.sum + control.sum - static_cast<double>(treatment.n) * d) /
                              static_cast<double>(treatment.n + control.n),
                          left + (right - left) / 1024, right - (right - left) / 1024);
    for (int step = 0; step < kMostSteps; ++step) {
        const double here = slope(m);
        (here > 0 ? low : high) = m;
        double next = m + here / (information(treatment, m + d) + information(control, m));
        if (!(next > low && next < high)) next = low + (high - low) / 2;
        const double moved = std::abs(next - m);
        m = next;
        if (moved <= 1e-10 * std::min(m - left, right - m)) break;
    }
    return at(m);
}

/// Where a convex function that is negative at `inside` and not at `outside` crosses zero. Newton's steps on a convex
/// function land where it is not negative, so the answer errs outwards.
template <class Function>
double crossing(double outside, double inside, Function&& function) {
    double x = outside + (inside - outside) / 2;
    for (int step = 0; step < kMostSteps && std::abs(outside - inside) > 1e-13; ++step) {
        const auto [value, slope] = function(x);
        if (value >= 0 && value <= 1e-9) return x;
        (value < 0 ? inside : outside) = x;
        const double next = x - value / slope;
        const bool between = next > std::min(inside, outside) && next < std::max(inside, outside);
        x = between ? next : outside + (inside - outside) / 2;
    }
    return outside;
}

}  // namespace

double log_evidence_at(const Tally& tally, double mean) {
    require(mean >= 0 && mean <= 1, "log_evidence_at", "the mean must lie in [0, 1]", mean);
    return log_mixture(tally, {}) - log_likelihood(tally, mean);
}

double log_evidence_above(const Tally& tally, double most) {
    require(most >= 0 && most <= 1, "log_evidence_above", "the bound must lie in [0, 1]", most);
    return log_evidence_at(tally, std::min(tally.mean_or(0), most));
}

double log_evidence_of_excess(const Tally& treatment, const Tally& control, double margin) {
    require(margin > -1 && margin < 1, "log_evidence_of_excess", "the margin must lie in (-1, 1)", margin);
    const double mixture = log_mixture_of_like_arms(treatment, control);
    // An empty arm may have the mean that suits the hypothesis best.
    const double mean_t = treatment.mean_or(0);
    const double mean_c = control.mean_or(1);
    if (mean_t - mean_c <= margin) {
        return mixture - log_likelihood(treatment, mean_t) - log_likelihood(control, mean_c);
    }
    return mixture - best_on_line(treatment, control, margin).value;
}

MeanInterval mean_interval(const Tally& tally, double alpha) {
    require(alpha > 0 && alpha < 1, "mean_interval", "alpha must lie in (0, 1)", alpha);
    const double bound = log_mixture(tally, {}) + std::log(alpha);
    const auto surplus = [&](double m) -> Point { return {bound - log_likelihood(tally, m), -score(tally, m)}; };
    const double mean = tally.mean_or(0.5);
    return {surplus(0).value < 0 ? 0 : crossing(0, mean, surplus),
            surplus(1).value < 0 ? 1 : crossing(1, mean, surplus)};
}

DifferenceInterval difference_interval(const Tally& treatment, const Tally& control, double alpha) {
    require(alpha > 0 && alpha < 1, "difference_interval", "alpha must lie in (0, 1)", alpha);
    const double bound = log_mixture_of_like_arms(treatment, control) + std::log(alpha);
    const auto surplus = [&](double d) -> Point {
        const Point best = best_on_line(treatment, control, d);
        return {bound - best.value, -best.slope};
    };
    const double difference = treatment.mean_or(0.5) - control.mean_or(0.5);
    return {surplus(-1).value < 0 ? -1 : crossing(-1, difference, surplus),
            surplus(1).value < 0 ? 1 : crossing(1, difference, surplus)};
}

}  // namespace contrans
