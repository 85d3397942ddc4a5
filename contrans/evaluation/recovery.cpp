#include "contrans/evaluation/recovery.h"

#include "contrans/evaluation/mean.h"

namespace contrans {

std::optional<double> recovery(double none, double native, double treated) {
    if (!(native - none >= kSmallestNativeGain - 1e-12)) return {};  // 0.3 − 0.2 is 0.1 here
    return (treated - none) / (native - none);
}

RecoveryEstimate estimate_recovery(const GainTriple& triple, const BootstrapOptions& options) {
    return estimate_recovery(std::span(&triple, 1), options);
}

RecoveryEstimate estimate_recovery(std::span<const GainTriple> concepts, const BootstrapOptions& options) {
    const std::optional<Interval> interval = bootstrap_gain_ratio(concepts, options);
    double none = 0;
    double native = 0;
    double treated = 0;
    const double count = static_cast<double>(concepts.size());
    for (const GainTriple& triple : concepts) {
        none += mean_of(triple.none) / count;
        native += mean_of(triple.native) / count;
        treated += mean_of(triple.treated) / count;
    }
    RecoveryEstimate estimate{recovery(none, native, treated), {}, {}};
    if (estimate.value && interval) {
        estimate.low = interval->low;
        estimate.high = interval->high;
    }
    return estimate;
}

}  // namespace contrans
