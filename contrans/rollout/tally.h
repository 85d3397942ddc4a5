#pragma once

#include <cstddef>

namespace contrans {

/// Outcomes of one arm, each in [0, 1]: 0 and 1 for what happens or not, between them for measures with bounds.
struct Tally {
    std::size_t n = 0;
    double sum = 0;

    /// Throws Error{argument} for an outcome outside [0, 1] or not a number.
    void add(double outcome);

    /// n − sum, what is missing to all ones; never negative, though the sum is rounded.
    [[nodiscard]] double rest() const;
    /// sum / n, within [0, 1]; `empty` where there is no outcome.
    [[nodiscard]] double mean_or(double empty) const;
};

}  // namespace contrans
