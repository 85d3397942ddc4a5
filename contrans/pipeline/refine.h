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
    Refinement how;
    std::vector<Refinement> alternatives;  ///< kept beside it, for a search by behaviour to try
    std::vector<LayerIndex> layers;        ///< empty: all but the last block
    std::size_t shuffled_draws = 10;       ///< label-shuffled directions kept per layer
    ResponseWish response = ResponseWish::measure;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

/// What is kept beside a difference of means where nothing else is said: of mean/last, mean/mean and probe/mean the
/// other two, where the texts can be read so (a mean needs two tokens; a store holds the positions that it holds; a
/// probe takes too long for more than 1,000 texts). None is the best for all concepts and texts
/// (docs/decisions/refinements.md). Beside other methods: nothing.
[[nodiscard]] std::vector<Refinement> usual_alternatives(const Model& model, const ContrastPairs& pairs,
                                                         const Refinement& how);
[[nodiscard]] std::vector<Refinement> usual_alternatives(const ActivationReader& store, const ContrastPairs& pairs,
                                                         const Refinement& how);

/// Reads the texts with the model, once, and refines a direction per layer, with its quality and its
/// label-shuffled controls, and the same for each alternative. The suggested layer is the one with the largest held-out
/// AUC × split-half cosine; there the model's own response is measured, at the dose that costs 0.5 nat. Throws what
/// read, harvest and refinement throw.
[[nodiscard]] ConceptVector refine_concept(const std::shared_ptr<const Model>& model, const ContrastPairs& pairs,
                                           const RefineRequest& request, const RunContext& context);

/// The same from states that were harvested before, without a response; without layers asked for, all that are stored
/// but the last block. Throws Error{argument} when the store lacks a text, a layer or the position.
[[nodiscard]] ConceptVector refine_concept(const ActivationReader& store, const ContrastPairs& pairs,
                                           const RefineRequest& request, const RunContext& context);

}  // namespace contrans
