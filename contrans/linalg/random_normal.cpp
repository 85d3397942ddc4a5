#include "contrans/linalg/random_normal.h"

#include <cmath>
#include <numbers>

namespace contrans {

double standard_normal(RandomEngine& engine) {
    const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
    const double radius = std::sqrt(-2.0 * std::log(uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

}  // namespace contrans
