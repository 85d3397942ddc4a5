#include "contrans/core/shortest_number.h"

#include <charconv>

namespace contrans {

std::string shortest_number(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value);
    return {text, end.ptr};
}

}  // namespace contrans
