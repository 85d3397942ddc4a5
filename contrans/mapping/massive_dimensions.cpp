#include "contrans/mapping/massive_dimensions.h"

#include <algorithm>
#include <functional>

namespace contrans {

std::vector<MassiveDimension> massive_dimensions(double rows, std::span<const double> mean,
                                                 std::span<const double> squares) {
    std::vector<MassiveDimension> all;
    double total = 0;
    for (std::size_t j = 0; j < mean.size(); ++j) {
        all.push_back({j, squares[j] + rows * mean[j] * mean[j]});
        total += all.back().share;
    }
    if (!(total > 0)) return {};
    for (MassiveDimension& dimension : all) dimension.share /= total;
    std::erase_if(all, [](const MassiveDimension& dimension) { return dimension.share <= kMassiveShare; });
    std::ranges::sort(all, std::greater(), &MassiveDimension::share);
    return all;
}

}  // namespace contrans
