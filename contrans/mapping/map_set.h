#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/core/model_identity.h"
#include "contrans/mapping/affine_map.h"
#include "contrans/mapping/massive_dimensions.h"

namespace contrans {

/// The fits that stand for choice by behaviour; none of them is right for every concept (DESIGN §5).
enum class FitKind {
    paper,                 ///< last tokens, minimum-norm least squares by SVD, no offset, no penalty (ConTrans §3.2)
    last_ridge,            ///< last tokens, centred ridge, penalty by the held-out score in standardised target units
    token_ridge,           ///< the same of paired tokens
    token_ridge_raw,       ///< paired tokens, centred ridge, penalty by the held-out score in raw target units
    token_ridge_whitened,  ///< paired tokens, centred ridge, penalty by the held-out score in whitened target units
    token_plain,           ///< paired tokens, centred least squares with no more penalty than conditioning needs
    token_reduced_rank,    ///< paired tokens, centred least squares in standardised target units of the rank that
                           ///< held-out documents choose (reduced_rank.h)
    token_reduced_rank_whitened,  ///< the same in whitened target units (target_metric.h)
    token_procrustes,             ///< paired tokens, the best rotation of standardised dimensions (procrustes.h)
    known,  ///< not fitted: the truth about a model and its twin (runtime/twin.h); shuffled: another twin's
};

[[nodiscard]] std::string to_string(FitKind kind);
[[nodiscard]] FitKind parse_fit_kind(const std::string& name);  ///< throws Error{argument}

/// What speaks for a fit, measured on texts it was not fitted on.
struct MapEvidence {
    std::size_t rows = 0;  ///< rows fitted on
    std::size_t rank = 0;  ///< numerical rank of the (centred) source rows; a reduced rank's: the map's
    double penalty = 0;    ///< ridge penalty in units of the mean eigenvalue; 0: none
    std::optional<double> gcv_penalty =
        std::nullopt;                 ///< the one of the path that generalised cross-validation of the
                                      ///< training rows likes best, in the same metric; nothing: no path
    double held_out_r2 = 0;           ///< 1 − residual / variance, raw units
    double held_out_r2_standard = 0;  ///< mean over target dimensions of each dimension's own R²
    double directional = 0;  ///< mean cosine, in standardised units, of carried and true differences of held-out texts
};

struct MapEntry {
    LayerIndex source_layer;
    LayerIndex target_layer;
    FitKind kind = FitKind::token_plain;
    AffineMap map;
    AffineMap shuffled;  ///< the same fit on pairs torn apart by a seeded permutation of texts: the control
    MapEvidence evidence;
    std::vector<LayerIndex> via = {};  ///< of a composed map: the layers between, one a model on the way
};

struct LayerPairSimilarity {
    LayerIndex source_layer;
    LayerIndex target_layer;
    double cka = 0;  ///< linear centred kernel alignment of held-out last-token states, standardised
};

/// The spread of one target layer: σ = root mean square of ‖h − mean h‖ over neutral texts, all positions but the
/// first.
struct LayerScale {
    LayerIndex layer;
    double sigma = 0;
};

/// What is out of all proportion in the states of one layer that is mapped.
struct LayerMassive {
    LayerIndex layer;
    std::optional<std::size_t> rows;  ///< paired rows left out as massive here (massive_rows.h); nothing: unknown
    std::vector<MassiveDimension> dimensions;  ///< of the rows left in, falling
};

/// Everything `contrans map` found out about two models.
struct MapSet {
    ModelIdentity source;
    ModelIdentity target;
    std::size_t n_texts = 0;
    double token_match = 0;       ///< share of target tokens whose character end coincides with a source token's
    std::size_t rows_masked = 0;  ///< paired rows left out, as they are massive at a layer fitted
    std::vector<LayerMassive> source_massive;     ///< the source layers mapped from
    std::vector<LayerMassive> target_massive;     ///< the target layers mapped to
    std::vector<LayerPairSimilarity> similarity;  ///< all layer pairs looked at
    std::vector<MapEntry> entries;
    std::vector<LayerScale> target_scale;        ///< all target layers looked at
    std::vector<std::uint64_t> corpus_shingles;  ///< sorted; for the leak check
    /// How it was made of other map sets, for people; empty: fitted. Nobody measured such maps on held-out texts:
    /// penalties, scores, the tokens' match and masked rows are unknown, 0 here and absent from files.
    std::string derivation;
};

}  // namespace contrans
