#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/runtime/steering.h"

namespace contrans {

/// Which tokens of a request are steered: those of its prompt, those that were generated (from when they are read in
/// turn; the first comes from the prompt's last state), or both.
enum class TokenRange { prompt, generated, both };

/// Steer only where the state's projection on another concept, at the same layer and in its units of dose, is larger.
struct GateChoice {
    std::string concept_name;
    double threshold = 0;
};

/// A concept as a request names it.
struct ConceptChoice {
    std::string name;
    /// Nothing: the vector's usual one; for project_out 1, all of it. See DoseRange; project_out takes 0 to 1.
    std::optional<double> dose = std::nullopt;
    SteeringOperator op = SteeringOperator::add;
    TokenRange tokens = TokenRange::both;
    std::size_t after = 0;  ///< positions below this one are left alone (0-based, prompt included); 0: none
    std::optional<GateChoice> gate = std::nullopt;
};

/// What a choice came to, for the response and the log.
struct AppliedConcept {
    std::string name;
    double dose = 0;
    double coefficient = 0;  ///< what the carried directions were multiplied with, of the first layer; 0: unknown
    std::vector<LayerIndex> layers;
    SteeringOperator op = SteeringOperator::add;
    TokenRange tokens = TokenRange::both;
    std::size_t after = 0;
    std::optional<GateChoice> gate = std::nullopt;
    std::string sha256;        ///< of the vector's file; empty: it lies with an engine elsewhere
    std::string version = {};  ///< the registry's, of one that lies elsewhere and says so; else empty
};

/// "prompt", "generated", "both".
[[nodiscard]] std::string to_string(TokenRange tokens);

}  // namespace contrans
