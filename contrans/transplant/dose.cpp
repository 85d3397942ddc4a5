#include "contrans/transplant/dose.h"

#include <cmath>
#include <string>

#include "contrans/core/error.h"
#include "contrans/linalg/products.h"

namespace contrans {

double coefficient_for_dose(std::span<const float> direction, double dose, double sigma) {
    const double length = norm(direction);
    if (!(length > 0) || !std::isfinite(length)) {
        throw Error(ErrorKind::numeric, "dose: the direction must have a length, got " + std::to_string(length));
    }
    if (!(sigma > 0) || !std::isfinite(sigma)) {
        throw Error(ErrorKind::numeric, "dose: the layer's spread must be positive, got " + std::to_string(sigma));
    }
    return dose * sigma / length;
}

std::vector<float> offset_for_dose(std::span<const float> direction, double dose, double sigma) {
    const auto coefficient = static_cast<float>(coefficient_for_dose(direction, dose, sigma));
    std::vector<float> offset(direction.begin(), direction.end());
    for (float& x : offset) x *= coefficient;
    return offset;
}

}  // namespace contrans
