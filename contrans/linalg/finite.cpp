#include "contrans/linalg/finite.h"

#include <cmath>
#include <span>

#include "contrans/core/error.h"

namespace contrans {
namespace {

bool all_finite(std::span<const float> row) {
    bool finite = true;
    for (const float value : row) finite = finite && std::isfinite(value);
    return finite;
}

}  // namespace

std::optional<std::size_t> first_non_finite_row(MatrixView x) {
    for (std::size_t r = 0; r < x.rows; ++r) {
        if (!all_finite(x.row(r))) return r;
    }
    return std::nullopt;
}

void require_finite(MatrixView x, const std::string& what) {
    if (const auto row = first_non_finite_row(x)) {
        throw Error(ErrorKind::numeric, what + ": values must be finite, row " + std::to_string(*row) + " is not");
    }
}

}  // namespace contrans
