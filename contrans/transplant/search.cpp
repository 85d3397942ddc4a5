#include "contrans/transplant/search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "contrans/core/error.h"

namespace contrans {
namespace {

constexpr double kFirstDose = 0.5;
constexpr double kDamageExponent = 1.9;
constexpr double kSmallestDose = 0.01;
constexpr double kLargestDose = 2.0;
// Aim a little below the budget: the next measurement is on the same few texts.
constexpr double kAim = 0.9;
// The power law carries a dose no further than this factor of its damage without a second measurement.
constexpr double kFarOff = 1.5;
// However many candidates there are.
constexpr std::size_t kFewestItems = 3;

// Fractions of the budget dose. Candidates that are alike still differ in damage, so the first rung stays below it. Too
// much collapses, so the last rung looks below it too.
constexpr double kFirstRungDose = 0.85;
constexpr double kSmallerDose = 0.7;

// What candidates must reach of the best agreement, and of a perfect one: directions of torn maps stay below, but for
// few (docs/decisions/search.md).
constexpr double kAgreeingShare = 0.5;
constexpr double kLeastAgreement = 0.2;

double dose_for(double dose, double kl, double budget) {
    const double factor = std::pow(kAim * budget / std::max(kl, 1e-6), 1.0 / kDamageExponent);
    return std::clamp(dose * factor, kSmallestDose, kLargestDose);
}

/// Corrects the candidates' doses by their own damage at them. @return those whose damage was far off
std::vector<std::size_t> correct_doses(std::span<double> doses, std::span<const std::size_t> candidates,
                                       const SearchProbes& probes, double budget) {
    std::vector<Trial> trials;
    for (const std::size_t c : candidates) trials.push_back({c, doses[c]});
    const std::vector<double> kl = probes.damage(trials);
    std::vector<std::size_t> far_off;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        doses[candidates[i]] = dose_for(trials[i].dose, kl[i], budget);
        const double off = kl[i] / (kAim * budget);
        if (off < 1 / kFarOff || off > kFarOff) far_off.push_back(candidates[i]);
    }
    return far_off;
}

/// The candidates of the best trials, best first, each once, at most n.
std::vector<std::size_t> best_candidates(std::span<const TriedDose> tried, std::size_t n) {
    std::vector<std::size_t> order(tried.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return rank_score(tried[a].outcome) > rank_score(tried[b].outcome);
    });
    std::vector<std::size_t> best;
    for (const std::size_t i : order) {
        if (best.size() == n) break;
        if (std::find(best.begin(), best.end(), tried[i].trial.candidate) == best.end())
            best.push_back(tried[i].trial.candidate);
    }
    return best;
}

class Search {
public:
    Search(std::span<const Contender> candidates, const SearchProbes& probes, const SearchOptions& options)
        : probes_(probes),
          options_(options),
          doses_(options.dose ? std::vector<double>(candidates.size(), *options.dose)
                              : doses_at_budget(candidates, probes, options.budget_nats)) {}

    /// Those that agree with the source at the first rung's dose, or at the size of a dose that turns the concept
    /// round; the one that comes nearest where none does, all where they need not.
    [[nodiscard]] std::vector<std::size_t> agreeing(std::size_t n_candidates) {
        std::vector<std::size_t> all(n_candidates);
        std::iota(all.begin(), all.end(), std::size_t{0});
        if (!probes_.agreement || n_candidates < 2) return all;
        std::vector<Trial> trials;
        for (const std::size_t c : all) trials.push_back({c, std::abs(trial(c, kFirstRungDose).dose)});
        const std::optional<std::vector<double>> agreement = probes_.agreement(trials);
        if (!agreement) return all;
        std::vector<std::size_t> kept = those_that_agree(*agreement);
        agreeing_ = kept.size();
        if (kept.empty())
            kept.push_back(static_cast<std::size_t>(std::ranges::max_element(*agreement) - agreement->begin()));
        return kept;
    }

    /// @param fraction  of each one's dose at the budget
    std::vector<TriedDose> rung(std::span<const std::size_t> candidates, double fraction, std::size_t n_items) {
        std::vector<Trial> trials;
        for (const std::size_t c : candidates) trials.push_back(trial(c, fraction));
        return try_all(trials, n_items);
    }

    /// By each one's own damage, where those before were shared.
    void fit_own_doses(std::span<const std::size_t> candidates) {
        if (!options_.dose) (void)correct_doses(doses_, candidates, probes_, options_.budget_nats);
    }

    /// The last rung of these candidates, and the choice.
    [[nodiscard]] SearchResult finish(std::vector<TriedDose> first, std::span<const std::size_t> candidates) {
        std::vector<TriedDose> last = rung(candidates, 1, options_.last_items);
        if (!options_.dose) {
            const std::size_t best = best_candidates(last, 1).front();
            last.push_back(rung({&best, 1}, kSmallerDose, options_.last_items).front());
        }
        measure_damage(last);
        if (const std::optional<Trial> again = best_at_budget(last)) {
            last.push_back(try_all({&*again, 1}, options_.last_items).front());
            measure_damage({&last.back(), 1});
        }
        const auto better = [this](const TriedDose& a, const TriedDose& b) {
            const bool a_fits = a.kl_nats <= options_.budget_nats;
            const bool b_fits = b.kl_nats <= options_.budget_nats;
            if (a_fits != b_fits) return b_fits;
            // A dose that was asked for is judged by behaviour alone; else the least harm comes first.
            if (!a_fits && !options_.dose && a.kl_nats != b.kl_nats) return a.kl_nats > b.kl_nats;
            return rank_score(a.outcome) < rank_score(b.outcome);
        };
        const TriedDose& best = *std::max_element(last.begin(), last.end(), better);
        return {best.trial, best.outcome, best.kl_nats, std::move(first), last, trials_, agreeing_};
    }

private:
    [[nodiscard]] Trial trial(std::size_t candidate, double fraction) const {
        return {candidate, options_.dose ? doses_[candidate] : fraction * doses_[candidate]};
    }

    std::vector<TriedDose> try_all(std::span<const Trial> trials, std::size_t n_items) {
        n_items = std::min(n_items, options_.n_items);
        const std::vector<TrialValue> values = probes_.behaviour(trials, n_items);
        std::vector<TriedDose> tried;
        for (std::size_t i = 0; i < trials.size(); ++i) tried.push_back({trials[i], n_items, values[i], 0});
        trials_ += trials.size();
        return tried;
    }

    void measure_damage(std::span<TriedDose> tried) const {
        std::vector<Trial> trials;
        for (const TriedDose& t : tried) trials.push_back(t.trial);
        const std::vector<double> kl = probes_.damage(trials);
        for (std::size_t i = 0; i < tried.size(); ++i) tried[i].kl_nats = kl[i];
    }

    /// Where what does best costs more than the budget, the dose at which it should fit.
    [[nodiscard]] std::optional<Trial> best_at_budget(std::span<const TriedDose> last) const {
        const TriedDose& best =
            *std::ranges::max_element(last, {}, [](const TriedDose& tried) { return rank_score(tried.outcome); });
        if (options_.dose || best.kl_nats <= options_.budget_nats) return std::nullopt;
        return Trial{best.trial.candidate, dose_for(best.trial.dose, best.kl_nats, options_.budget_nats)};
    }

    const SearchProbes& probes_;
    const SearchOptions& options_;
    std::vector<double> doses_;
    std::size_t trials_ = 0;
    std::optional<std::size_t> agreeing_;
};

std::size_t items_of_first_rung(std::size_t n_candidates, const SearchOptions& options) {
    return std::min(options.second_items, std::max(kFewestItems, options.first_reads / n_candidates));
}

}  // namespace

std::vector<Trial> trials_at(std::span<const double> doses) {
    std::vector<Trial> trials;
    for (std::size_t c = 0; c < doses.size(); ++c) trials.push_back({c, doses[c]});
    return trials;
}

double rank_score(const TrialValue& outcome) { return outcome.value + 0.25 * outcome.smooth; }

std::vector<std::size_t> those_that_agree(std::span<const double> agreement) {
    const double least = std::max(kLeastAgreement, kAgreeingShare * *std::ranges::max_element(agreement));
    std::vector<std::size_t> kept;
    for (std::size_t c = 0; c < agreement.size(); ++c) {
        if (agreement[c] >= least) kept.push_back(c);
    }
    return kept;
}

std::vector<double> doses_at_budget(std::span<const Contender> candidates, const SearchProbes& probes,
                                    double budget_nats) {
    std::map<Contender, std::size_t> first_of;
    std::vector<std::size_t> first;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
        if (first_of.try_emplace(candidates[c], c).second) first.push_back(c);
    }
    std::vector<double> doses(candidates.size(), kFirstDose);
    if (const auto far_off = correct_doses(doses, first, probes, budget_nats); !far_off.empty())
        (void)correct_doses(doses, far_off, probes, budget_nats);
    for (std::size_t c = 0; c < candidates.size(); ++c) doses[c] = doses[first_of.at(candidates[c])];
    return doses;
}

SearchResult search_by_behaviour(std::span<const Contender> all, const SearchProbes& probes,
                                 const SearchOptions& options) {
    if (all.empty() || options.n_items == 0) {
        throw Error(ErrorKind::argument, "search: needs candidates and development items, got " +
                                             std::to_string(all.size()) + " and " + std::to_string(options.n_items));
    }
    Search search(all, probes, options);
    std::vector<std::size_t> candidates = search.agreeing(all.size());
    std::vector<TriedDose> first;
    if (candidates.size() > options.second_rung) {
        first = search.rung(candidates, kFirstRungDose, items_of_first_rung(candidates.size(), options));
        candidates = best_candidates(first, options.second_rung);
    }
    search.fit_own_doses(candidates);
    if (candidates.size() > options.last_rung)
        candidates = best_candidates(search.rung(candidates, 1, options.second_items), options.last_rung);
    return search.finish(std::move(first), candidates);
}

}  // namespace contrans
