#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "contrans/core/model_identity.h"
#include "contrans/core/progress.h"
#include "contrans/mapping/map_set.h"
#include "contrans/mapping/pair_statistics.h"

namespace contrans {

/// What two models' readings of a corpus were summed up to: all that a MapSet is made of, in a size that the corpus
/// does not change (but for 8 bytes a text and 8 a shingle), so that maps can be fitted again when more texts were
/// read.
struct MapStatistics {
    ModelIdentity source;
    ModelIdentity target;
    std::vector<LayerPairSimilarity> similarity;  ///< all layer pairs looked at, on texts of the first corpus
    std::vector<LayerScale> target_scale;         ///< of the pairs' target layers
    std::size_t n_texts = 0;
    std::size_t tokens_matched = 0;           ///< target tokens whose character end coincides with a source token's
    std::size_t tokens_comparable = 0;        ///< target tokens that could have
    std::size_t rows_masked = 0;              ///< paired rows left out as massive (massive_rows.h)
    std::vector<std::size_t> source_massive;  ///< of the pairs' source layers, rows massive there; empty: older file
    std::vector<std::size_t> target_massive;  ///< of the pairs' target layers
    std::vector<std::uint64_t> texts;         ///< sorted; a hash of each text
    std::vector<std::uint64_t> shingles;      ///< sorted; for the leak check
    PairStatistics tokens;                    ///< of all paired tokens; without pairs where texts have one point each
    PairStatistics last;                      ///< of each text's last pair, the same layer pairs

    /// Adds the texts of `other`. Throws Error{argument} when it is of other models or layers, or texts stand in both.
    void merge(const MapStatistics& other);
};

/// The spread of each target layer's rows themselves, for want of neutral texts: massive rows are left out of them.
[[nodiscard]] std::vector<LayerScale> spread_of_rows(const PairStatistics& rows);

/// Which kinds are fitted for which layer pairs.
enum class FitScope {
    usual,  ///< paired tokens' least squares for every pair (and its ridge on small corpora); the last tokens' fits for
            ///< the pair nearest to the paper's alone, or for every pair where there are no paired tokens
    all,    ///< every kind for every pair
};

/// The pair at three quarters of both depths (ConTrans §4.1).
[[nodiscard]] LayerPair paper_pair(const ModelIdentity& source, const ModelIdentity& target);

/// Throws what SourceFactor throws, Error{interrupted} on a stop.
[[nodiscard]] MapSet fit_maps(const MapStatistics& statistics, FitScope scope, const RunContext& context);

}  // namespace contrans
