#include "contrans/mapping/shrinkage.h"

#include <algorithm>
#include <numeric>

namespace contrans {

std::vector<double> shrinkage(std::span<const double> eigenvalues, double penalty, double cutoff) {
    const double mean = std::accumulate(eigenvalues.begin(), eigenvalues.end(), 0.0) /
                        static_cast<double>(std::max<std::size_t>(1, eigenvalues.size()));
    std::vector<double> weights(eigenvalues.size(), 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (eigenvalues[i] > cutoff * eigenvalues.back()) weights[i] = 1.0 / (eigenvalues[i] + penalty * mean);
    }
    return weights;
}

std::size_t numerical_rank(std::span<const double> eigenvalues, double cutoff) {
    const auto first = std::ranges::upper_bound(eigenvalues, cutoff * eigenvalues.back());
    return static_cast<std::size_t>(eigenvalues.end() - first);
}

}  // namespace contrans
