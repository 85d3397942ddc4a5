#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "contrans/concepts/concept_vector.h"
#include "contrans/concepts/contrast_pairs.h"
#include "contrans/evaluation/task.h"
#include "contrans/mapping/map_set.h"
#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/evaluate.h"
#include "contrans/pipeline/refine.h"
#include "contrans/pipeline/transplant.h"

namespace contrans::testing {

/// Texts for the tiny models, all of different seeds and so disjoint: a concept (weather words, warm against cold,
/// among words that say nothing), a corpus, neutral texts, and a task of three one-token choices in four groups.
[[nodiscard]] ContrastPairs warm_and_cold(std::size_t n_pairs = 16);
[[nodiscard]] std::vector<std::string> corpus(std::size_t n_texts = 36);
[[nodiscard]] std::vector<std::string> neutral(unsigned seed);
inline constexpr std::size_t kItems = 12;
[[nodiscard]] Task task(unsigned seed, std::size_t n_items = kItems);

/// The concept read in the tiny source, a probe beside the mean, and maps from it to the tiny target; made once a
/// process.
[[nodiscard]] const ConceptVector& source_concept();
[[nodiscard]] const MapSet& maps();

/// "warm" with so many label-shuffled draws, all layers but the last; one thread, as in all of these.
[[nodiscard]] RefineRequest refine_request(std::size_t shuffled_draws);
/// Source layers 1 and 2, target layers 2 and 3.
[[nodiscard]] MapRequest map_request();
[[nodiscard]] TransplantRequest transplant_request();
/// Judges a transplant on task(2), searched on task(1); few draws.
[[nodiscard]] EvaluateRequest evaluate_request();
/// Carried, searched on task(1); made once a process.
[[nodiscard]] const TransplantResult& carried();
/// A vector of the tiny target at block 2 with controls of both kinds, made of nothing.
[[nodiscard]] Treatment hand_made();

[[nodiscard]] double cosine(std::span<const float> a, std::span<const float> b);

}  // namespace contrans::testing
