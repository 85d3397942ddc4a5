#pragma once

#include <cstddef>

#include "contrans/concepts/word_response.h"

namespace contrans {

/// Words a signature keeps of those that rise most, and as many of those that fall most.
inline constexpr std::size_t kSignatureWords = 100;

/// What a vector did to its target when it was made: it travels with the vector, so that a changed target can be told
/// from the one it was made for (pipeline/verify.h). Measured on the built-in development texts.
struct EffectSignature {
    /// Of the words whose probability changes most (strongest_words); its layer and dose are the vector's.
    WordResponse response;
    double neutral_loss = 0;  ///< of the unsteered target: mean −log p of the texts' own next tokens, in nats

    friend bool operator==(const EffectSignature&, const EffectSignature&) = default;
};

}  // namespace contrans
