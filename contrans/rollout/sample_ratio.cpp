#include "contrans/rollout/sample_ratio.h"

#include <cmath>
#include <string>

#include "contrans/core/error.h"
#include "contrans/rollout/beta_mixture.h"

namespace contrans {
namespace {

// How many units the prior is worth.
constexpr double kPriorUnits = 100;

}  // namespace

double log_evidence_of_mismatch(std::size_t treatment, std::size_t control, double treatment_share) {
    if (!(treatment_share > 0 && treatment_share < 1)) {
        throw Error(ErrorKind::argument,
                    "log_evidence_of_mismatch: the share must lie in (0, 1), not " + std::to_string(treatment_share));
    }
    const auto ones = static_cast<double>(treatment);
    const auto zeros = static_cast<double>(control);
    const BetaPrior prior{kPriorUnits * treatment_share, kPriorUnits * (1 - treatment_share)};
    return log_mixture({treatment + control, ones}, prior) - ones * std::log(treatment_share) -
           zeros * std::log1p(-treatment_share);
}

}  // namespace contrans
