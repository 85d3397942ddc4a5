#include "contrans/linalg/blas_threads.h"

#include <cblas.h>

#include <algorithm>

namespace contrans {

BlasThreads::BlasThreads(std::size_t n) : before_(openblas_get_num_threads()) {
    if (n != 0) openblas_set_num_threads(static_cast<int>(std::min(n, static_cast<std::size_t>(before_))));
}

BlasThreads::~BlasThreads() { openblas_set_num_threads(before_); }

}  // namespace contrans
