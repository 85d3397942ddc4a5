#pragma once

#include <functional>

#include "contrans/linalg/matrix.h"
#include "contrans/linalg/random_order.h"
#include "contrans/runtime/twin_plan.h"
#include "contrans/runtime/weight_reader.h"

namespace contrans {

/// The weights of a twin, made from its model's: what each StreamRole says, in f64, rounded to f32 once.
///
/// Noise is added to matrices, not to gains and biases: independent draws of standard deviation `noise` times the
/// matrix's own root mean square (which a rotation leaves alone: ‖W·R‖ = ‖Rᵀ·W‖ = ‖W‖).
class TurnedWeights {
public:
    /// Receives a tensor's rows in order, a piece at a time.
    using Sink = std::function<void(MatrixView)>;

    /// @param rotation  R [d, D] with R·Rᵀ = 1; must outlive this, as the weights must
    /// @param seed      of the noise
    TurnedWeights(WeightReader& weights, const MatrixF64& rotation, double noise, std::uint64_t seed)
        : weights_(weights), rotation_(rotation), noise_(noise), random_(seed) {}

    /// In the twin; a vector is one row.
    [[nodiscard]] TensorShape shape(const TwinTensor& tensor) const;
    /// Every call draws new noise: call once for each tensor, in the plan's order. Throws what WeightReader::rows and
    /// the sink throw.
    void make(const TwinTensor& tensor, const Sink& sink);

private:
    [[nodiscard]] MatrixF64 behind_gain(const TwinTensor& tensor, std::size_t first, std::size_t n);
    [[nodiscard]] double deviation_of(const TwinTensor& tensor);
    void make_reading(const TwinTensor& tensor, const Sink& sink);
    void make_writing(const TwinTensor& tensor, const Sink& sink);
    void hand_over(MatrixF64 values, double deviation, const Sink& sink);

    WeightReader& weights_;
    const MatrixF64& rotation_;
    double noise_;
    RandomEngine random_;
};

}  // namespace contrans
