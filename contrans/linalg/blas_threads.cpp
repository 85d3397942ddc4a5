#include "contrans/linalg/blas_threads.h"

#include <cblas.h>

#include <algorithm>

namespace contrans {

std::size_t blas_threads() { return static_cast<std::size_t>(std::max(1, openblas_get_num_threads())); }

BlasThreads::BlasThreads(std::size_t n) : before_(n == 0 ? 0 : blas_threads()) {
    if (n != 0) openblas_set_num_threads(static_cast<int>(std::min(n, before_)));
}

BlasThreads::~BlasThreads() {
    if (before_ != 0) openblas_set_num_threads(static_cast<int>(before_));
}

}  // namespace contrans
