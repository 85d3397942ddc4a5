#include "tests/runtime/turned_reading.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "contrans/linalg/products.h"
#include "tests/runtime/raw_context.h"

namespace contrans::testing {
namespace {

RawContext::Reading read(const Model& model, const std::string& text) {
    return RawContext(model, 128, RawContext::Cache::f32).read(model.tokenizer().tokenise(text));
}

double row_distance(std::span<const double> expected, std::span<const float> actual) {
    double squares = 0;
    for (std::size_t c = 0; c < expected.size(); ++c)
        squares += std::pow(expected[c] - static_cast<double>(actual[c]), 2);
    return std::sqrt(squares) / norm(expected);
}

}  // namespace

TurnedDistance turned_distance(const Model& model, const Model& twin, const MatrixF64& rotation,
                               const std::string& text) {
    const RawContext::Reading of_model = read(model, text);
    const RawContext::Reading of_twin = read(twin, text);
    TurnedDistance distance;
    for (std::size_t i = 0; i < of_model.logits.rows() * of_model.logits.cols(); ++i)
        distance.logits = std::max(distance.logits, std::abs(of_model.logits.data()[i] - of_twin.logits.data()[i]));
    for (std::size_t k = 0; k < of_model.states.size(); ++k) {
        const MatrixF64 turned = multiply(to_f64(of_model.states[k]), Op::plain, rotation, Op::plain);
        for (std::size_t r = 0; r < turned.rows(); ++r)
            distance.states = std::max(distance.states, row_distance(turned.view().row(r), of_twin.states[k].row(r)));
    }
    return distance;
}

}  // namespace contrans::testing
