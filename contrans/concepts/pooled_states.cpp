#include "contrans/concepts/pooled_states.h"

#include <algorithm>
#include <vector>

namespace contrans {

MatrixF64 pooled_states(MatrixView positive, MatrixView negative) {
    MatrixF64 all(positive.rows + negative.rows, positive.cols);
    std::copy_n(positive.data, positive.rows * positive.cols, all.data());
    std::copy_n(negative.data, negative.rows * negative.cols, all.data() + positive.rows * positive.cols);
    return all;
}

ClassStates split_classes(MatrixView states, std::size_t n_positive) {
    return {{states.data, n_positive, states.cols},
            {states.data + n_positive * states.cols, states.rows - n_positive, states.cols}};
}

void centre_columns(MatrixF64& x) {
    std::vector<double> mean(x.cols(), 0.0);
    for (std::size_t r = 0; r < x.rows(); ++r) {
        for (std::size_t c = 0; c < x.cols(); ++c) mean[c] += x(r, c) / static_cast<double>(x.rows());
    }
    for (std::size_t r = 0; r < x.rows(); ++r) {
        for (std::size_t c = 0; c < x.cols(); ++c) x(r, c) -= mean[c];
    }
}

}  // namespace contrans
