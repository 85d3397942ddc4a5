#pragma once

#include "contrans/linalg/random_order.h"

namespace contrans {

/// A standard normal draw by Box and Muller: the same numbers with every standard library.
[[nodiscard]] double standard_normal(RandomEngine& engine);

}  // namespace contrans
