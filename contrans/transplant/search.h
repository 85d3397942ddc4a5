#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/transplant/candidate.h"

namespace contrans {

/// Raised whenever the search may choose otherwise, so that what an older one chose is not taken for its choice.
inline constexpr std::uint64_t kSearchRevision = 4;

/// What the search needs to know of a candidate: those that are alike in it damage alike.
struct Contender {
    LayerSet layers;
    std::size_t refinement = 0;  ///< SearchCandidate::refinement
    std::string fit = "";        ///< SearchCandidate::fit

    auto operator<=>(const Contender&) const = default;
};

/// One candidate at one dose.
struct Trial {
    std::size_t candidate = 0;
    double dose = 0;
};

/// Candidate i at dose i.
[[nodiscard]] std::vector<Trial> trials_at(std::span<const double> doses);

/// What a trial did to the behaviour.
struct TrialValue {
    double value = 0;  ///< the task's primary metric
    /// Parts trials that tie, in [0, 1]: the answer's mean probability among the choices, as it is and at temperature
    /// 4; of written answers how many obey loosely, or the judge's probability of yes.
    double smooth = 0;
};

/// What trials are ranked by: the metric decides, the smooth one parts what ties on few items.
[[nodiscard]] double rank_score(const TrialValue& outcome);

/// How the search looks at the model; both take many trials at once.
struct SearchProbes {
    /// Behaviour on the first `n_items` development items (in an order that mixes templates).
    std::function<std::vector<TrialValue>(std::span<const Trial>, std::size_t n_items)> behaviour;
    /// KL to the unsteered model on neutral development texts, in nats.
    std::function<std::vector<double>(std::span<const Trial>)> damage;
    /// How far each answers as the source does under its own concept: a rank correlation. Nothing where that cannot be
    /// told; empty where candidates need not agree.
    std::function<std::optional<std::vector<double>>(std::span<const Trial>)> agreement = nullptr;
};

struct SearchOptions {
    double budget_nats = 0.5;       ///< the largest damage a choice may do
    std::optional<double> dose;     ///< every trial at this dose, whatever the damage; nothing: searched
    std::size_t n_items = 0;        ///< development items there are
    std::size_t first_reads = 225;  ///< items that the first rung reads, of all candidates together
    std::size_t second_rung = 8;    ///< candidates that reach it
    std::size_t second_items = 16;  ///< items of the second rung, and the most of the first
    std::size_t last_rung = 3;      ///< candidates that reach it
    std::size_t last_items = 48;    ///< items of the last rung
};

/// A trial with all that was measured of it.
struct TriedDose {
    Trial trial;
    std::size_t n_items = 0;
    TrialValue outcome;
    double kl_nats = 0;
};

struct SearchResult {
    Trial best;
    TrialValue outcome;                   ///< on the last rung's items
    double kl_nats = 0;                   ///< measured at the best trial
    std::vector<TriedDose> first;         ///< the first rung, candidates once each; empty where all reached a later one
    std::vector<TriedDose> last;          ///< the last rung, for the dose curve
    std::size_t trials = 0;               ///< behaviour trials in all
    std::optional<std::size_t> agreeing;  ///< candidates that agree with the source; nothing where they need not
};

/// The largest dose whose damage stays inside the budget, per candidate; those that are alike share theirs. Measured at
/// one dose, extended by the power law that damage follows (KL ∝ dose^1.9 within the budget on the demo models) and
/// corrected by a second measurement where the first was far off.
[[nodiscard]] std::vector<double> doses_at_budget(std::span<const Contender> candidates, const SearchProbes& probes,
                                                  double budget_nats);

/// Of candidates those whose agreement with the source is at least 0.2 and half of the best one's. What luck on few
/// items would choose seldom agrees (docs/decisions/search.md).
/// @param agreement  [candidates], at least one. @return places, rising; none where none agrees
[[nodiscard]] std::vector<std::size_t> those_that_agree(std::span<const double> agreement);

/// Successive halving (Jamieson and Talwalkar 2016) over candidates and doses: of all candidates those that agree with
/// the source, where that is asked (the nearest where none does), near their budget dose on a few items, the best at
/// their own budget dose on more, the last ones on most; and the best of those at a smaller dose. What is chosen keeps
/// the damage budget by its own measurement; where nothing of the last rung does, it is the one of least damage.
/// Deterministic. Throws Error{argument} without candidates or items.
[[nodiscard]] SearchResult search_by_behaviour(std::span<const Contender> candidates, const SearchProbes& probes,
                                               const SearchOptions& options);

}  // namespace contrans
