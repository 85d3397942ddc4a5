#include "contrans/rollout/beta_mixture.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace contrans {
namespace {

constexpr std::array kScales = {0.005, 0.02, 0.07, 0.2, 0.5, 0.8, 0.93, 0.98, 0.995};
constexpr double kConcentration = 2.5;
constexpr double kHalfLogTwoPi = 0.91893853320467274178;

double log_beta(double a, double b) { return log_gamma(a) + log_gamma(b) - log_gamma(a + b); }

struct Scale {
    BetaPrior prior;
    double log_beta;
};

std::array<Scale, kScales.size()> make_scales() {
    std::array<Scale, kScales.size()> scales{};
    for (std::size_t k = 0; k < scales.size(); ++k) {
        const BetaPrior prior{kConcentration / (1 - kScales[k]), kConcentration / kScales[k]};
        scales[k] = {prior, log_beta(prior.a, prior.b)};
    }
    return scales;
}

double log_sum_exp(const std::array<double, kScales.size()>& terms) {
    const double largest = *std::ranges::max_element(terms);
    double sum = 0;
    for (const double term : terms) sum += std::exp(term - largest);
    return largest + std::log(sum);
}

}  // namespace

double log_gamma(double x) {
    double product = 1;
    for (; x < 10; ++x) product *= x;
    const double inverse = 1 / x;
    const double square = inverse * inverse;
    // B_2k / (2k (2k−1) x^(2k−1)).
    const double series =
        inverse *
        (1.0 / 12 -
         square * (1.0 / 360 -
                   square * (1.0 / 1260 - square * (1.0 / 1680 - square * (1.0 / 1188 - square * 691.0 / 360360)))));
    return (x - 0.5) * std::log(x) - x + kHalfLogTwoPi + series - std::log(product);
}

double log_mixture(const Tally& tally, const BetaPrior& prior) {
    return log_beta(prior.a + tally.sum, prior.b + tally.rest()) - log_beta(prior.a, prior.b);
}

double log_mixture_of_like_arms(const Tally& treatment, const Tally& control) {
    static const auto kPriors = make_scales();
    std::array<double, kScales.size()> terms{};
    for (std::size_t k = 0; k < terms.size(); ++k) {
        const auto& [prior, before] = kPriors[k];
        terms[k] = log_beta(prior.a + treatment.sum, prior.b + treatment.rest()) +
                   log_beta(prior.a + control.sum, prior.b + control.rest()) - 2 * before;
    }
    return log_sum_exp(terms) - std::log(static_cast<double>(kScales.size()));
}

}  // namespace contrans
