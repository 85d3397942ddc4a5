#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"
#include "contrans/transplant/effect_signature.h"

namespace contrans {

/// One layer of a control vector: the vector that is added to the output of that block, coefficient included.
struct ControlLayer {
    LayerIndex layer;
    std::vector<float> offset;  ///< [d_target], added to every steered position
    double dose = 0;            ///< ‖offset‖ / sigma; 0 when sigma is unknown
    double coefficient = 0;     ///< offset = coefficient · carried direction; 0 when unknown
    double sigma = 0;           ///< the layer's spread σ (DESIGN §4); 0 when unknown (other engines' files)
};

/// How the choice came about, where several candidates were tried on development items.
struct SearchStanding {
    std::size_t candidates = 0;             ///< that stood for choice
    std::optional<std::size_t> agreeing;    ///< with the source, of those; 0: the nearest was taken
    std::size_t trials = 0;                 ///< candidates × doses that were tried
    std::optional<std::size_t> first_rank;  ///< its place among all after the first look, from 1; nothing: no such look
    std::string runner_up;                  ///< the best other candidate of those tried on all items; empty: none
    std::optional<double> runner_up_value;  ///< its value on all development items

    friend bool operator==(const SearchStanding&, const SearchStanding&) = default;
};

/// How a vector's effect on the next word agrees with the source's (concepts/word_response.h), beside its controls'.
struct AgreementEvidence {
    double carried = 0;
    std::optional<double> shuffled_map;     ///< mean over torn twins of the candidates, at its dose
    std::optional<double> shuffled_labels;  ///< mean over label-shuffled directions, carried the same way

    friend bool operator==(const AgreementEvidence&, const AgreementEvidence&) = default;
};

/// Where a transplanted vector comes from: travels with it and is printed by `inspect`.
struct TransplantProvenance {
    std::string concept_name;
    std::string method;  ///< refinement method and position, e.g. "mean/last"
    ModelIdentity source;
    LayerIndex source_layer;
    std::string fit;                    ///< FitKind's name, or "native"
    std::optional<double> held_out_r2;  ///< nothing where the map was made of others, or there is none
    std::optional<double> directional;  ///< likewise
    std::optional<double> token_match;  ///< likewise
    std::string map_derivation;         ///< how the map was made of others (MapSet::derivation); empty: fitted
    std::size_t map_rows = 0;
    std::string chosen_by;  ///< "behaviour", "agreement", "directional", "quality" (of a native direction) or "given"
    std::optional<AgreementEvidence> agreement = std::nullopt;  ///< nothing where the source's own response is unknown
    std::optional<SearchStanding> search = std::nullopt;        ///< nothing where nothing was searched
    std::optional<double> dev_value;  ///< the search's metric on development items at the choice
    std::optional<double> dev_unsteered;
    std::optional<double> kl_nats;                         ///< damage on neutral development texts at the choice
    std::optional<EffectSignature> effect = std::nullopt;  ///< nothing in older files, and where it cannot be compared
    std::string tool_version;
};

/// How other vectors became this one.
struct VectorCombination {
    std::string how;                 ///< "orthogonalised" or "averaged"
    std::vector<std::string> parts;  ///< the vectors it was made of, as describe_part() names them; its own first
};

/// A llama.cpp control vector (architecture `controlvector`, `direction.N` added to the output of 0-based block N).
struct ControlVector {
    std::string name;                                ///< the file's stem
    std::optional<ModelIdentity> target;             ///< nothing for other engines' files
    std::optional<TransplantProvenance> provenance;  ///< nothing for other engines' files and for averages
    std::optional<VectorCombination> combination;    ///< nothing for a transplant as it was carried
    std::vector<ControlLayer> layers;                ///< rising, each ≥ 1
};

}  // namespace contrans
