#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/core/progress.h"
#include "contrans/evaluation/task.h"
#include "contrans/mapping/map_set.h"
#include "contrans/runtime/model.h"
#include "contrans/transplant/control_set.h"
#include "contrans/transplant/control_vector.h"
#include "contrans/transplant/search.h"

namespace contrans {

/// What is done about concept texts that stand in the map's corpus, or models that are not the artefact's.
enum class LeakPolicy { refuse, allow };

struct TransplantRequest {
    std::string name;                        ///< the vector's name
    std::optional<LayerIndex> source_layer;  ///< nothing: searched
    LayerSet target_layers;                  ///< rising; empty: searched; several: these together
    std::optional<FitKind> fit;              ///< nothing: searched
    std::optional<double> dose;              ///< in σ; nothing: searched
    double budget_nats = 0.5;                ///< damage budget of the search
    std::vector<std::string> neutral;        ///< texts for the damage; empty: the built-in development texts
    LeakPolicy leak = LeakPolicy::refuse;
    IdentityMismatch identity = IdentityMismatch::refuse;
    std::uint64_t seed = 1;
    std::size_t threads = 0;  ///< 0: one per core
};

struct TransplantResult {
    ControlVector vector;
    ControlSet controls;
    std::optional<SearchResult> search;       ///< nothing when all was given
    std::vector<SearchCandidate> candidates;  ///< what stood for choice
};

/// Carries the concept into the target and chooses layers, fit, refinement (the concept's own or an alternative) and
/// dose: by behaviour on the task's items under the damage budget where there is a task, of those candidates that agree
/// with the source's own effect (search.h). A fit that is given then is a method to compare: it takes the concept's own
/// refinement and need not agree. Without a task the concept's own refinement is carried,
/// and the candidate taken whose effect on the next word agrees best with the source's own (agreement.h), each tried at
/// the dose that costs the budget; a concept without a response leaves only the maps' directional evidence.
/// @param task development items, or null
/// Throws Error{model} for artefacts of other models, Error{argument} for a layer or fit the map set lacks or a leak.
[[nodiscard]] TransplantResult transplant(const ConceptVector& source_concept, const MapSet& maps,
                                          const std::shared_ptr<const Model>& target, const Task* task,
                                          const TransplantRequest& request, const RunContext& context);

/// The same for a concept that was refined in the target itself: no map, the layer searched in the middle half of the
/// depth. The controls hold shuffled labels alone. Throws Error{model} when the concept is another model's.
[[nodiscard]] TransplantResult place_native(const ConceptVector& source_concept,
                                            const std::shared_ptr<const Model>& target, const Task* task,
                                            const TransplantRequest& request, const RunContext& context);

}  // namespace contrans
