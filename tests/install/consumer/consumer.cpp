// The smallest program on the installed package: carries a direction through a map and fails where the result is wrong.
#include <utility>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/mapping/affine_map.h"

int main() {
    contrans::Matrix a(2, 3);
    a(0, 1) = 2.0F;
    a(1, 2) = -1.0F;
    const contrans::AffineMap map(std::move(a), {5.0F, 5.0F});
    const std::vector<float> direction = map.map_direction(std::vector<float>{1.0F, 3.0F, 4.0F});
    return direction == std::vector<float>{6.0F, -4.0F} ? 0 : 1;
}
