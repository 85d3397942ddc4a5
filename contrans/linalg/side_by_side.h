#pragma once

#include <cstddef>
#include <functional>

namespace contrans {

/// Calls `work` for 0 … n − 1, several at a time, in as many threads as BLAS would use, each with BLAS of one thread:
/// the products of a small model's layers are too short for BLAS's own threads, which gained 1.05 times on two cores
/// where this gains nearly two (docs/fits.md). Where there are fewer calls than threads, one after another with all of
/// BLAS's threads. Throws what the first that threw, threw; calls that have not begun by then are left out.
void for_each_side_by_side(std::size_t n, const std::function<void(std::size_t)>& work);

}  // namespace contrans
