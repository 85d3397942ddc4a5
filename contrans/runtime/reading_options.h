#pragma once

#include <cstddef>

namespace contrans {

/// How texts are read in bulk. What is fastest depends on processor and model; states differ by rounding between them.
struct ReadingOptions {
    std::size_t batch_tokens = 256;  ///< most rows of one decode
    std::size_t engine_threads = 1;  ///< of each engine; as many engines read side by side as the threads allow
    friend bool operator==(const ReadingOptions&, const ReadingOptions&) = default;
};

}  // namespace contrans
