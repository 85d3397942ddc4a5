#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace contrans {

/// Width of the bins that projections are counted in, in units of dose, and how many there are on each side of 0. Those
/// at the ends are open, so that anything has a bin.
inline constexpr double kDriftBinWidth = 0.01;
inline constexpr std::int64_t kDriftBinsOfASide = 1000;
/// Neighbouring bins are put together into so many groups, or fewer, of about equal share of the reference.
inline constexpr std::size_t kDriftGroups = 10;
/// Beyond it a population is customarily held to have shifted, below 0.1 to be the same: Siddiqi, Credit Risk
/// Scorecards (Wiley 2006), after Lewis, An Introduction to Credit Scoring (1994). A custom: no theory gives it.
inline constexpr double kDriftThreshold = 0.25;
/// Answers that the reference and what is compared with it must each have.
inline constexpr std::size_t kLeastDriftAnswers = 50;

/// How many answers had their mean projection in a bin: bin b holds [b, b + 1) times kDriftBinWidth.
using BinCounts = std::map<std::int64_t, std::size_t>;
[[nodiscard]] std::size_t answers_in(const BinCounts& counts);
/// Throws Error{argument} for one that is not finite.
[[nodiscard]] std::int64_t drift_bin(double projection);

enum class DriftState {
    waiting,  ///< too few answers of one of the two
    steady,
    drifted,  ///< the index is beyond its limit
};
[[nodiscard]] std::string_view to_string(DriftState state);

struct DriftReading {
    std::string concept_name;
    DriftState state = DriftState::waiting;
    std::size_t reference_answers = 0;
    std::size_t answers = 0;
    /// The population stability index: Σ (q − p)·ln(q / p) over the groups, p and q the shares of reference and
    /// answers, each count raised by ½ so that an empty group has a logarithm. 0 where an answer is missing to compare.
    double index = 0;
    /// What it must exceed: kDriftThreshold, or what chance alone exceeds in one of 10,000 comparisons if that is more.
    /// With few answers the index is above 0 though nothing has moved: with B groups and n and m answers it is then
    /// about (1/n + 1/m) times a χ² of B − 1 degrees of freedom (Yurdakul, Statistical Properties of Population
    /// Stability Index, Western Michigan University 2018). The quantile is Wilson and Hilferty's (PNAS 17, 1931).
    double limit = kDriftThreshold;
};

/// Compares answers with a reference, in groups that the reference alone decides.
[[nodiscard]] DriftReading read_drift(const BinCounts& reference, const BinCounts& now);

}  // namespace contrans
