#pragma once

#include <cstddef>

namespace contrans {

/// How many threads BLAS and LAPACK use now.
[[nodiscard]] std::size_t blas_threads();

/// While it lives, BLAS and LAPACK use at most so many threads, in the whole process; then as many as before. OpenBLAS
/// takes all cores by itself, and where others use them too its threads wait for one another: refining by principal
/// components took 36 s beside two busy threads and 6.5 s with one thread of its own.
class BlasThreads {
public:
    /// @param n  0: changes nothing
    explicit BlasThreads(std::size_t n);
    ~BlasThreads();
    BlasThreads(const BlasThreads&) = delete;
    BlasThreads& operator=(const BlasThreads&) = delete;
    BlasThreads(BlasThreads&&) = delete;
    BlasThreads& operator=(BlasThreads&&) = delete;

private:
    std::size_t before_;  // 0: left as it is
};

}  // namespace contrans
