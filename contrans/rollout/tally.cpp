#include "contrans/rollout/tally.h"

#include <algorithm>
#include <string>

#include "contrans/core/error.h"

namespace contrans {

void Tally::add(double outcome) {
    if (!(outcome >= 0 && outcome <= 1)) {
        throw Error(ErrorKind::argument, "tally: an outcome must lie in [0, 1], not " + std::to_string(outcome));
    }
    ++n;
    sum += outcome;
}

double Tally::rest() const { return std::max(0.0, static_cast<double>(n) - sum); }

double Tally::mean_or(double empty) const { return n == 0 ? empty : std::min(1.0, sum / static_cast<double>(n)); }

}  // namespace contrans
