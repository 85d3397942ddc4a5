#pragma once

#include <string>
#include <vector>

#include "contrans/runtime/weight_reader.h"

namespace contrans {

/// What a tensor of a llama model has to do with the residual stream, and so what becomes of it in a twin whose states
/// are the model's rows h turned, h·R with R [d, D].
enum class StreamRole {
    reads,   ///< W [n, d] reads normalised states, or its rows lie in the stream: W·diag(gain)·R
    writes,  ///< W [d, n] adds to the stream: Rᵀ·W
    gain,    ///< a norm's gain [d], folded into what reads behind the norm: √(d/D) everywhere, [D]
    apart,   ///< never meets the stream: as it is
};

struct TwinTensor {
    std::string name;
    std::string from;  ///< the model's tensor; another name for a head that the model ties to its embeddings
    StreamRole role = StreamRole::apart;
    std::string gain;  ///< of a tensor that reads: its norm's gain; empty: none
};

/// The twin's tensors: the model's in their order, and a head of its own where the model has none.
/// Throws Error{model} for a tensor that plain llama blocks do not have (experts, say), Error{format} for a missing
/// tensor or a shape that does not fit `d`.
[[nodiscard]] std::vector<TwinTensor> plan_twin(const WeightReader& weights, std::size_t d);

}  // namespace contrans
