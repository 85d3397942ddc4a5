#include "contrans/mapping/layer_rows.h"

#include <optional>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/linalg/finite.h"
#include "contrans/linalg/products.h"

namespace contrans {
namespace {

void require_rows(MatrixView states, const RowPlan& plan, const std::string& side) {
    if (states.rows != plan.rows() || states.cols == 0) {
        throw Error(ErrorKind::argument, "fit: " + side + " must have the plan's " + std::to_string(plan.rows()) +
                                             " rows and a width, got [" + std::to_string(states.rows) + ", " +
                                             std::to_string(states.cols) + "]");
    }
    require_finite(states, "fit: " + side + " states");
}

std::vector<float> to_floats(std::span<const double> x) { return {x.begin(), x.end()}; }

MatrixF64 shifted(const ShiftedRows& x) {
    MatrixF64 rows(x.rows(), x.cols());
    for (std::size_t r = 0; r < rows.rows(); ++r) {
        const auto from = x.row(r);
        auto to = rows.row(r);
        for (std::size_t c = 0; c < to.size(); ++c)
            to[c] = static_cast<double>(from[c]) - static_cast<double>(x.shift[c]);
    }
    return rows;
}

}  // namespace

LayerRows::LayerRows(MatrixView states, const RowPlan& plan, const std::string& side) : states_(states), plan_(plan) {
    require_rows(states, plan, side);
    shift_ = to_floats(column_means({states, plan.train, {}}));
    train_ = fold_of(plan.train);
    held_out_ = fold_of(plan.held_out);
}

LayerRows::Fold LayerRows::fold_of(const std::vector<std::size_t>& rows) const {
    const ShiftedRows shifted_rows{states_, rows, shift_};
    const bool exact = plan_.rows() <= kExactRows;
    return {&rows, column_sums(shifted_rows), exact ? shifted(shifted_rows) : MatrixF64{}};
}

SourceMoments LayerRows::moments_of(const Fold& fold) const {
    return source_moments(fold.sums, fold.exact.empty() ? gram({states_, *fold.index, shift_})
                                                        : self_product(fold.exact, Op::transposed));
}

TargetMoments LayerRows::moments_beside(const LayerRows& x, Fold LayerRows::*fold) const {
    const Fold& mine = this->*fold;
    const Fold& others = x.*fold;
    if (mine.exact.empty()) {
        return target_moments(others.sums, mine.sums,
                              cross_gram({x.states_, *others.index, x.shift_}, {states_, *mine.index, shift_},
                                         GramPrecision::f32_blocks));
    }
    return target_moments(others.sums, mine.sums, multiply(others.exact, Op::transposed, mine.exact, Op::plain));
}

SourceMoments LayerRows::train_moments() const { return moments_of(train_); }
SourceMoments LayerRows::held_out_moments() const { return moments_of(held_out_); }
TargetMoments LayerRows::train_moments_beside(const LayerRows& x) const {
    return moments_beside(x, &LayerRows::train_);
}
TargetMoments LayerRows::held_out_moments_beside(const LayerRows& x) const {
    return moments_beside(x, &LayerRows::held_out_);
}

TargetMoments LayerRows::torn_moments_beside(const LayerRows& x) const {
    return target_moments(
        merge(x.train_.sums, x.held_out_.sums), merge(train_.sums, held_out_.sums),
        cross_gram({x.states_, std::nullopt, x.shift_}, {states_, plan_.torn, shift_}, GramPrecision::f32_blocks));
}

MatrixF64 LayerRows::differences() const {
    MatrixF64 d(plan_.minuends.size(), states_.cols);
    for (std::size_t k = 0; k < d.rows(); ++k) {
        const auto from = states_.row(plan_.minuends[k]);
        const auto to = states_.row(plan_.subtrahends[k]);
        auto row = d.row(k);
        for (std::size_t c = 0; c < row.size(); ++c) row[c] = static_cast<double>(from[c]) - static_cast<double>(to[c]);
    }
    return d;
}

}  // namespace contrans
