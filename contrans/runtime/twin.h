#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "contrans/core/model_identity.h"
#include "contrans/core/progress.h"
#include "contrans/linalg/matrix.h"

namespace contrans {

struct TwinOptions {
    /// Of the twin's residual stream: the model's or more, then a multiple of kTwinWidthStep; 0: the model's.
    std::size_t width = 0;
    /// Standard deviation of what is added to every matrix, in units of the matrix's root mean square; 0: nothing.
    double noise = 0;
    std::uint64_t seed = 1;  ///< of the rotation and of the noise
};

/// llama.cpp's fast F32 kernels read so many numbers at a time.
inline constexpr std::size_t kTwinWidthStep = 16;

/// R [d, width] with R·Rᵀ = 1: where the twin of that seed has the state h·R, its model has h.
[[nodiscard]] MatrixF64 twin_rotation(std::size_t d, std::size_t width, std::uint64_t seed);

/// Writes a model that answers as `model` does and thinks in other coordinates: a truth that maps can be measured by.
///
/// A llama block reads the residual stream through RMS norms alone. With a norm's gain folded into the matrices behind
/// it, what is left of the norm does not change when all states are turned by an orthogonal matrix; so embeddings and
/// everything that reads or writes the stream can be turned with them, and the function stays. A wider stream holds
/// the model's in a subspace: a mean square over D numbers is d/D of that over d, hence epsilon·d/D and gains √(d/D).
/// Weights are F32, head and embeddings are never tied; all other keys are kept. The name gets " twin" behind it,
/// `contrans.twin.*` says where it comes from.
///
/// @return the twin's own identity
/// Throws Error{model} for an architecture other than "llama", a model in several files or a tensor of another kind of
/// block; Error{argument} for a width or noise that is none; Error{format}, Error{io} and Error{numeric} for files that
/// cannot be read or written; Error{interrupted}. The file appears whole or not at all.
ModelIdentity write_twin(const std::filesystem::path& model, const std::filesystem::path& out,
                         const TwinOptions& options, const RunContext& context);

}  // namespace contrans
