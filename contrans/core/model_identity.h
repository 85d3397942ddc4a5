#pragma once

#include <cstddef>
#include <string>

namespace contrans {

/// What makes two model files the same model for an artefact (DESIGN §6): a SHA-256 over the tensors' names, shapes,
/// types and sampled contents, the architecture and the tokenizer's tokens. File name and location play no part.
struct ModelIdentity {
    std::string fingerprint;     ///< 64 hexadecimal digits
    std::string name;            ///< general.name of the file, for people; may be empty
    std::string architecture;    ///< general.architecture, e.g. "llama"
    std::size_t d_model = 0;     ///< width of the residual stream
    std::size_t n_layers = 0;    ///< number of blocks
    std::string tokenizer = {};  ///< SHA-256 of the tokenizer's kind and tokens; empty: unknown (older artefacts)

    friend bool operator==(const ModelIdentity& a, const ModelIdentity& b) { return a.fingerprint == b.fingerprint; }
};

/// "SmolLM2 135M Instruct (llama, b179c952)": how messages name a model.
[[nodiscard]] std::string describe(const ModelIdentity& model);

/// Whether an artefact made with one model may be used with another: `refuse`, or `allow` after the user's --force.
enum class IdentityMismatch { refuse, allow };

/// Throws Error{model} naming both models when `actual` is not the model that `artefact` was made with.
void require_same_model(const std::string& artefact, const ModelIdentity& made_with, const ModelIdentity& actual,
                        IdentityMismatch policy);

}  // namespace contrans
