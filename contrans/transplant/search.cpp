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

constexpr double kFirstDose = 0.3;
constexpr double kDamageExponent = 1.9;
constexpr double kSmallestDose = 0.01;
constexpr double kLargestDose = 2.0;
// Aim a little below the budget: the second measurement is on the same few texts.
constexpr double kAim = 0.9;
// However many candidates there are.
constexpr std::size_t kFewestItems = 3;

// Fractions of the budget dose. Too much collapses, so the last rung looks below the budget too.
constexpr double kFixedDose[] = {1.0};
constexpr double kFirstRungDoses[] = {0.85};
constexpr double kSecondRungDoses[] = {0.7, 1.0};
constexpr double kLastRungDoses[] = {0.65, 1.0};

double dose_for(double dose, double kl, double budget) {
    const double factor = std::pow(kAim * budget / std::max(kl, 1e-6), 1.0 / kDamageExponent);
    return std::clamp(dose * factor, kSmallestDose, kLargestDose);
}

/// Damage of one trial per set of target layers: carried directions at the same layers do alike (DESIGN §5).
std::vector<double> damage_by_layer(std::span<const LayerSet> candidates, const SearchProbes& probes,
                                    std::span<const double> doses) {
    std::vector<Trial> trials;
    std::vector<std::size_t> trial_of(candidates.size());
    for (std::size_t c = 0; c < candidates.size(); ++c) {
        const auto first = std::find(candidates.begin(), candidates.end(), candidates[c]) - candidates.begin();
        if (static_cast<std::size_t>(first) == c) trials.push_back({c, doses[c]});
        trial_of[c] =
            static_cast<std::size_t>(first) == c ? trials.size() - 1 : trial_of[static_cast<std::size_t>(first)];
    }
    const std::vector<double> kl = probes.damage(trials);
    std::vector<double> of_candidate;
    for (const std::size_t t : trial_of) of_candidate.push_back(kl[t]);
    return of_candidate;
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
    Search(const SearchProbes& probes, const SearchOptions& options, std::vector<double> budget_doses)
        : probes_(probes), options_(options), budget_doses_(std::move(budget_doses)) {}

    std::vector<TriedDose> rung(std::span<const std::size_t> candidates, std::span<const double> fractions,
                                std::size_t n_items) {
        std::vector<Trial> trials;
        for (const std::size_t c : candidates) {
            for (const double fraction : fractions) trials.push_back({c, fraction * budget_doses_[c]});
        }
        return try_all(trials, n_items);
    }

    /// Another refinement can damage many times as much at the same layers: a probe weighs quiet dimensions high. So
    /// its doses begin as those of the first and are measured, again where the first measurement was far off.
    void fit_refinements(std::span<const Contender> candidates) {
        if (options_.dose) return;
        std::map<Contender, std::vector<std::size_t>> alike;
        for (std::size_t c = 0; c < candidates.size(); ++c) {
            if (candidates[c].refinement != 0) alike[candidates[c]].push_back(c);
        }
        std::vector<std::size_t> to_measure;
        for (const auto& [_, group] : alike) to_measure.push_back(group.front());
        for (int pass = 0; pass < 2 && !to_measure.empty(); ++pass) to_measure = measured_far_off(to_measure);
        for (const auto& [_, group] : alike) {
            for (const std::size_t c : group) budget_doses_[c] = budget_doses_[group.front()];
        }
    }

    [[nodiscard]] SearchResult finish(std::vector<TriedDose> first, std::vector<TriedDose> last) {
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
        return {best.trial, best.outcome, best.kl_nats, std::move(first), last, budget_doses_, trials_};
    }

private:
    std::vector<TriedDose> try_all(std::span<const Trial> trials, std::size_t n_items) {
        n_items = std::min(n_items, options_.n_items);
        const std::vector<TrialValue> values = probes_.behaviour(trials, n_items);
        std::vector<TriedDose> tried;
        for (std::size_t i = 0; i < trials.size(); ++i) tried.push_back({trials[i], n_items, values[i], 0});
        trials_ += trials.size();
        return tried;
    }

    /// Corrects the candidates' doses by their damage at them. @return those that did not half or did twice what they
    /// may
    std::vector<std::size_t> measured_far_off(std::span<const std::size_t> candidates) {
        std::vector<Trial> trials;
        for (const std::size_t c : candidates) trials.push_back({c, budget_doses_[c]});
        const std::vector<double> kl = probes_.damage(trials);
        std::vector<std::size_t> far_off;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            budget_doses_[candidates[i]] = dose_for(trials[i].dose, kl[i], options_.budget_nats);
            const double off = kl[i] / (kAim * options_.budget_nats);
            if (off < 0.5 || off > 2) far_off.push_back(candidates[i]);
        }
        return far_off;
    }

    void measure_damage(std::span<TriedDose> tried) const {
        std::vector<Trial> trials;
        for (const TriedDose& t : tried) trials.push_back(t.trial);
        const std::vector<double> kl = probes_.damage(trials);
        for (std::size_t i = 0; i < tried.size(); ++i) tried[i].kl_nats = kl[i];
    }

    /// Where what does best costs more than the budget, the dose at which it should fit: budget doses are shared by all
    /// candidates of the same layers, and this one's own damage is known by now.
    [[nodiscard]] std::optional<Trial> best_at_budget(std::span<const TriedDose> last) const {
        const TriedDose& best =
            *std::ranges::max_element(last, {}, [](const TriedDose& tried) { return rank_score(tried.outcome); });
        if (options_.dose || best.kl_nats <= options_.budget_nats) return std::nullopt;
        return Trial{best.trial.candidate, dose_for(best.trial.dose, best.kl_nats, options_.budget_nats)};
    }

    const SearchProbes& probes_;
    const SearchOptions& options_;
    std::vector<double> budget_doses_;
    std::size_t trials_ = 0;
};

}  // namespace

double rank_score(const TrialValue& outcome) { return outcome.value + 0.25 * outcome.smooth; }

std::vector<double> doses_at_budget(std::span<const LayerSet> candidates, const SearchProbes& probes,
                                    double budget_nats) {
    std::vector<double> doses(candidates.size(), kFirstDose);
    for (int pass = 0; pass < 2; ++pass) {
        const std::vector<double> kl = damage_by_layer(candidates, probes, doses);
        for (std::size_t c = 0; c < candidates.size(); ++c) doses[c] = dose_for(doses[c], kl[c], budget_nats);
    }
    return doses;
}

namespace {

/// The dose that each candidate's rungs are fractions of; of other refinements the first guess.
std::vector<double> full_doses(std::span<const Contender> candidates, const SearchProbes& probes,
                               const SearchOptions& options) {
    if (options.dose) return std::vector<double>(candidates.size(), *options.dose);
    std::vector<LayerSet> layers;
    for (const Contender& candidate : candidates) layers.push_back(candidate.layers);
    std::vector<double> known;
    for (const LayerSet& set : layers) {
        const auto dose = options.known_doses.find(set);
        if (dose == options.known_doses.end()) return doses_at_budget(layers, probes, options.budget_nats);
        known.push_back(dose->second);
    }
    return known;
}

std::size_t items_of_first_rung(std::size_t n_candidates, const SearchOptions& options) {
    return std::min(options.second_items, std::max(kFewestItems, options.first_reads / n_candidates));
}

}  // namespace

SearchResult search_by_behaviour(std::span<const Contender> all, const SearchProbes& probes,
                                 const SearchOptions& options) {
    if (all.empty() || options.n_items == 0) {
        throw Error(ErrorKind::argument, "search: needs candidates and development items, got " +
                                             std::to_string(all.size()) + " and " + std::to_string(options.n_items));
    }
    const bool fixed = options.dose.has_value();
    const auto doses = [&](std::span<const double> searched) { return fixed ? std::span(kFixedDose) : searched; };
    Search search(probes, options, full_doses(all, probes, options));
    search.fit_refinements(all);
    std::vector<std::size_t> candidates(all.size());
    std::iota(candidates.begin(), candidates.end(), std::size_t{0});
    std::vector<TriedDose> first;
    if (candidates.size() > options.second_rung) {
        first = search.rung(candidates, doses(kFirstRungDoses), items_of_first_rung(candidates.size(), options));
        candidates = best_candidates(first, options.second_rung);
    }
    if (candidates.size() > options.last_rung) {
        candidates =
            best_candidates(search.rung(candidates, doses(kSecondRungDoses), options.second_items), options.last_rung);
    }
    return search.finish(std::move(first), search.rung(candidates, doses(kLastRungDoses), options.last_items));
}

}  // namespace contrans
