#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/core/progress.h"
#include "contrans/harvest/activation_reader.h"
#include "contrans/runtime/model.h"

namespace contrans {

/// Whether the source is asked how it answers its own concept (concepts/word_response.h): two seconds or so.
enum class ResponseWish { measure, none };

struct RefineRequest {
    std::string name;  ///< the concept's name, kept in the artefact
    RefineMethod method = RefineMethod::mean;
    TextPosition position = TextPosition::last;
    std::vector<LayerIndex> layers;   ///< empty: all but the last block
    std::size_t shuffled_draws = 10;  ///< label-shuffled directions kept per layer
    ResponseWish response = ResponseWish::measure;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

/// Reads the texts with the model and refines a direction per layer, with its quality and its label-shuffled controls.
/// The suggested layer is the one with the largest held-out AUC × split-half cosine; there the model's own response is
/// measured, at the dose that costs 0.5 nat.
/// Throws what read, harvest and refinement throw.
[[nodiscard]] ConceptVector refine_concept(const std::shared_ptr<const Model>& model, const ContrastPairs& pairs,
                                           const RefineRequest& request, const RunContext& context);

/// The same from states that were harvested before, without a response; without layers asked for, all that are stored
/// but the last block. Throws Error{argument} when the store lacks a text, a layer or the position.
[[nodiscard]] ConceptVector refine_concept(const ActivationReader& store, const ContrastPairs& pairs,
                                           const RefineRequest& request, const RunContext& context);

}  // namespace contrans
