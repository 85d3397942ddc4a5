#include "contrans/evaluation/log_softmax.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace contrans {
namespace {

using Logits = Eigen::Map<const Eigen::ArrayXf>;

// f32 sums of blocks, so that the exponentials stay vectorised, added up in f64: over a vocabulary's 262,144 terms f32
// alone loses the fifth digit.
template <class Terms>
double blockwise_sum(const Terms& terms) {
    constexpr Eigen::Index kBlock = 1024;
    double sum = 0;
    for (Eigen::Index begin = 0; begin < terms.size(); begin += kBlock) {
        sum += static_cast<double>(terms.segment(begin, std::min(kBlock, terms.size() - begin)).sum());
    }
    return sum;
}

Logits as_array(std::span<const float> x) { return {x.data(), static_cast<Eigen::Index>(x.size())}; }

}  // namespace

double log_sum_exp(std::span<const float> x) {
    const Logits logits = as_array(x);
    const float largest = logits.maxCoeff();
    return static_cast<double>(largest) + std::log(blockwise_sum((logits - largest).exp()));
}

double kl_divergence(std::span<const float> p_logits, std::span<const float> q_logits) {
    const Logits p = as_array(p_logits);
    const Logits q = as_array(q_logits);
    const auto p_norm = static_cast<float>(log_sum_exp(p_logits));
    const auto q_norm = static_cast<float>(log_sum_exp(q_logits));
    return blockwise_sum((p - p_norm).exp() * ((p - p_norm) - (q - q_norm)));
}

}  // namespace contrans
