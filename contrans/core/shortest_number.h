#pragma once

#include <string>

namespace contrans {

/// The shortest decimal text that is read back as the same number; no locale.
[[nodiscard]] std::string shortest_number(double value);

}  // namespace contrans
