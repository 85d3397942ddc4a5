#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/evaluation/bootstrap.h"
#include "contrans/evaluation/recovery.h"
#include "contrans/evaluation/results.h"
#include "contrans/mapping/map_set.h"
#include "contrans/transplant/control_vector.h"

namespace contrans {

/// What is known of a concept and two models beside its carried vector's effect on test items, and may foretell that.
enum class Predictor {
    source_gain,       ///< of the concept's own vector in the source, searched alike, on the same test items
    native_gain,       ///< of the vector that is read in the target itself, on the same test items
    development_gain,  ///< of the carried vector on development items, where the search ended
    agreement,         ///< of its effect on the next word with the source's own (AgreementEvidence::carried)
    directional,       ///< of the map that was chosen (MapEvidence::directional)
    cka,               ///< of the source layer and the steered layers, mean over these
    token_match,       ///< of the two tokenizers on the corpus (MapSet::token_match): one value a pair of models
};
inline constexpr std::array kPredictors = {Predictor::source_gain, Predictor::native_gain, Predictor::development_gain,
                                           Predictor::agreement,   Predictor::directional, Predictor::cka,
                                           Predictor::token_match};
/// "source gain", "CKA"; as keys of JSON with underscores and without capitals.
[[nodiscard]] std::string_view title_of(Predictor predictor);

/// What a run found out about one concept, by the study's first method.
struct Finding {
    std::string models;
    std::uint64_t seed = 1;
    std::string concept_name;
    Outcome outcome = Outcome::cannot_tell;
    Interval gain;  ///< carried − unsteered on test items
    /// The same of the margin, nats (Metric::margin), where choices are the task: it shows an effect also where the
    /// right choice is the likelier one unsteered.
    std::optional<Interval> margin_gain;
    /// Of the native vector's gain of the margin; null where choices are not the task, native was not measured, or
    /// gains less than kSmallestNativeGain, here in nats.
    RecoveryEstimate margin_recovery;
    /// The verdict's rules by the margin, the 95th percentile of draws left out: each draw sees items of its own, and
    /// items lie nats apart.
    std::optional<Outcome> margin_outcome;
    RecoveryEstimate recovery;
    std::optional<double> source_unsteered;                              ///< on the same items, in the source
    std::optional<double> source_steered;                                ///< likewise, by the concept's own vector
    std::array<std::optional<double>, kPredictors.size()> predictors{};  ///< in the order of kPredictors

    [[nodiscard]] std::optional<double> at(Predictor predictor) const {
        return predictors[static_cast<std::size_t>(predictor)];
    }
    [[nodiscard]] std::optional<double>& at(Predictor predictor) {
        return predictors[static_cast<std::size_t>(predictor)];
    }
};

/// @param report     of the concept's vectors in the target, the finding's first
/// @param in_source  of the concept's own vector in the source; null: not measured
/// Throws Error{argument} when the report has no result or verdict of the vector.
[[nodiscard]] Finding find_out(const EvaluationReport& report, const ControlVector& vector, const MapSet& maps,
                               const EvaluationReport* in_source, const BootstrapOptions& options);

/// How one predictor orders the findings.
struct PredictorRank {
    Predictor predictor = Predictor::source_gain;
    std::size_t n = 0;     ///< findings that it is known of
    Interval correlation;  ///< Spearman's with the gain; the interval over concepts, whatever the models and seeds
};
/// Under this many findings a rank correlation says nothing.
inline constexpr std::size_t kFewestFindings = 4;
/// The strongest first; those that are known of too few findings, or the same of all, are left out.
[[nodiscard]] std::vector<PredictorRank> rank_predictors(std::span<const Finding> findings,
                                                         const BootstrapOptions& options);

/// [{"models", "seed", "concept", "outcome", "gain": {…}, "source_gain", …}, …]
[[nodiscard]] std::string findings_to_json(std::span<const Finding> findings);
/// [{"predictor", "n", "correlation": {…}}, …]
[[nodiscard]] std::string predictors_to_json(std::span<const PredictorRank> ranks);

/// Both as tables, with what they mean. "" for none.
[[nodiscard]] std::string findings_html(std::span<const Finding> findings, std::span<const PredictorRank> ranks);
/// Both for a terminal, a line each.
[[nodiscard]] std::string findings_table(std::span<const Finding> findings, std::span<const PredictorRank> ranks);

}  // namespace contrans
