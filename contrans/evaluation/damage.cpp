#include "contrans/evaluation/damage.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/evaluation/log_softmax.h"

namespace contrans {
namespace {

double log_probability(std::span<const float> logits, Token token) {
    return static_cast<double>(logits[static_cast<std::size_t>(token)]) - log_sum_exp(logits);
}

}  // namespace

DamageMeter::DamageMeter(std::shared_ptr<const Model> model, std::span<const std::string> texts,
                         const NextTokenOptions& options, const RunContext& context)
    : reader_(std::move(model), texts, options), unsteered_(reader_.rows(), reader_.model().vocabulary_size()) {
    const std::shared_ptr<const SteeringPlan> none;
    const auto keep = [&](std::size_t, std::size_t row, std::span<const float> logits) {
        std::ranges::copy(logits, unsteered_.row(row).begin());
    };
    reader_.read({&none, 1}, keep, context);
}

std::vector<Damage> DamageMeter::measure(std::span<const std::shared_ptr<const SteeringPlan>> steerings,
                                         const RunContext& context) {
    std::vector<std::shared_ptr<const SteeringPlan>> read;  // the unsteered model does no damage to itself
    std::vector<std::size_t> steering_of;                   // [read]
    for (std::size_t s = 0; s < steerings.size(); ++s) {
        if (!steerings[s]) continue;
        read.push_back(steerings[s]);
        steering_of.push_back(s);
    }
    std::vector<double> kl(steerings.size(), 0.0);
    std::vector<double> surprise(steerings.size(), 0.0);  // summed loss of log-probability of the texts' own tokens
    const auto compare = [&](std::size_t i, std::size_t row, std::span<const float> logits) {
        const Token next = reader_.next_tokens()[row];
        kl[steering_of[i]] += kl_divergence(unsteered_.row(row), logits);
        surprise[steering_of[i]] += log_probability(unsteered_.row(row), next) - log_probability(logits, next);
    };
    reader_.read(read, compare, context);

    std::vector<Damage> damages;
    for (std::size_t s = 0; s < steerings.size(); ++s) {
        const auto rows = static_cast<double>(n());
        damages.push_back({kl[s] / rows, std::exp(surprise[s] / rows)});
    }
    return damages;
}

Damage DamageMeter::of_added(const Matrix& added) const {
    if (added.rows() != n() || added.cols() > unsteered_.cols())
        throw Error(ErrorKind::argument, "damage: logits of other texts or models");
    double kl = 0;
    double surprise = 0;
    for (std::size_t r = 0; r < n(); ++r) {
        const std::span<const float> before = unsteered_.row(r);
        std::vector<float> after(before.begin(), before.end());
        std::ranges::transform(added.row(r), before, after.begin(), std::plus<>());
        kl += kl_divergence(before, after);
        const Token next = reader_.next_tokens()[r];
        surprise += log_probability(before, next) - log_probability(after, next);
    }
    const auto rows = static_cast<double>(n());
    return {kl / rows, std::exp(surprise / rows)};
}

}  // namespace contrans
