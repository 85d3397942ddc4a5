#include "contrans/transplant/search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

/// A world without models: damage is scale · dose^exponent per candidate, behaviour what a test plants.
struct World {
    std::vector<LayerSet> layers;
    std::vector<double> damage_scale;               // per candidate
    std::map<std::size_t, std::size_t> refinement;  // of a candidate, where it is not 0
    double exponent = 1.9;
    std::map<std::size_t, double> odd_exponent;  // of a candidate, where it is another
    std::function<TrialValue(const Trial&)> behaviour;
    std::vector<double> agreement;  // per candidate; empty: they need not agree
    bool agreement_is_told = true;
    std::optional<double> agreement_dose;  // that it is asked at; nothing: the first rung's

    // What was asked of it.
    std::size_t behaviour_trials = 0;
    std::size_t reads = 0;
    std::size_t damage_trials = 0;
    std::size_t most_items = 0;
    std::map<std::size_t, std::set<std::size_t>> candidates_by_items;
    std::set<double> doses;

    [[nodiscard]] double damage(const Trial& trial) const {
        return damage_scale[trial.candidate] * std::pow(std::abs(trial.dose), exponent_of(trial.candidate));
    }
    /// The dose that costs exactly the budget.
    [[nodiscard]] double budget_dose(std::size_t candidate, double budget) const {
        return std::pow(budget / damage_scale[candidate], 1 / exponent_of(candidate));
    }
    [[nodiscard]] double exponent_of(std::size_t candidate) const {
        const auto odd = odd_exponent.find(candidate);
        return odd == odd_exponent.end() ? exponent : odd->second;
    }

    [[nodiscard]] SearchProbes probes() {
        SearchProbes look = probes_without_agreement();
        if (agreement.empty()) return look;
        look.agreement = [this](std::span<const Trial> trials) -> std::optional<std::vector<double>> {
            if (!agreement_is_told) return std::nullopt;
            std::vector<double> values;
            for (const Trial& trial : trials) {
                values.push_back(agreement[trial.candidate]);
                EXPECT_NEAR(trial.dose / agreement_dose.value_or(0.85 * budget_dose(trial.candidate, 0.45)), 1, 0.02);
            }
            return values;
        };
        return look;
    }

    [[nodiscard]] SearchProbes probes_without_agreement() {
        return {[this](std::span<const Trial> trials, std::size_t n_items) {
                    std::vector<TrialValue> values;
                    for (const Trial& trial : trials) {
                        values.push_back(behaviour(trial));
                        candidates_by_items[n_items].insert(trial.candidate);
                        doses.insert(trial.dose);
                    }
                    behaviour_trials += trials.size();
                    reads += trials.size() * n_items;
                    most_items = std::max(most_items, n_items);
                    return values;
                },
                [this](std::span<const Trial> trials) {
                    std::vector<double> kl;
                    for (const Trial& trial : trials) kl.push_back(damage(trial));
                    damage_trials += trials.size();
                    return kl;
                }};
    }

    [[nodiscard]] std::vector<Contender> contenders() const {
        std::vector<Contender> all;
        for (std::size_t c = 0; c < layers.size(); ++c) {
            const auto other = refinement.find(c);
            all.push_back({layers[c], other == refinement.end() ? 0 : other->second});
        }
        return all;
    }

    SearchResult search(const SearchOptions& options) { return search_by_behaviour(contenders(), probes(), options); }
};

/// Twelve candidates, two a layer; candidate c is worth c / 20, and twice as much with the dose at `peak` of the
/// budget.
World twelve(double peak = 0.75) {
    World world;
    for (std::size_t c = 0; c < 12; ++c) {
        world.layers.push_back({LayerIndex{10 + c / 2}});
        world.damage_scale.push_back(3.0 * std::pow(1.7, static_cast<double>(c / 2)));
    }
    world.behaviour = [scale = world.damage_scale, peak](const Trial& trial) {
        const double budget_dose = std::pow(0.9 * 0.5 / scale[trial.candidate], 1 / 1.9);
        const double off = trial.dose / budget_dose - peak;
        return TrialValue{0.05 * static_cast<double>(trial.candidate) * (1 + std::exp(-50 * off * off)), 0};
    };
    return world;
}

SearchOptions options_of(std::size_t n_items) {
    SearchOptions options;
    options.budget_nats = 0.5;
    options.n_items = n_items;
    options.first_reads = 12 * 16;
    options.second_rung = 4;
    options.second_items = 32;
    options.last_rung = 2;
    options.last_items = 100;
    return options;
}
const SearchOptions kOptions = options_of(120);

TEST(DosesAtBudget, MeetAPlantedPowerLaw) {
    for (const double exponent : {1.6, 1.9, 2.0, 2.2}) {
        for (const double scale : {0.4, 3.0, 40.0}) {
            World world;
            world.layers = {{LayerIndex{3}}};
            world.damage_scale = {scale};
            world.exponent = exponent;
            const double exact = world.budget_dose(0, 0.5);
            const double dose = doses_at_budget(world.contenders(), world.probes(), 0.5)[0];
            EXPECT_GT(dose, 0.9 * exact) << "exponent " << exponent << " scale " << scale;
            EXPECT_LT(dose, 1.02 * exact) << "exponent " << exponent << " scale " << scale;
        }
    }
}

TEST(DosesAtBudget, MeasureEachLayerOnceAPass) {
    World world = twelve();
    const auto doses = doses_at_budget(world.contenders(), world.probes(), 0.5);
    EXPECT_GE(world.damage_trials, 6U);
    EXPECT_LE(world.damage_trials, 12U) << "two passes over six layers";
    for (std::size_t c = 0; c < 12; ++c) EXPECT_NEAR(doses[c] / world.budget_dose(c, 0.45), 1, 0.02) << c;
}

TEST(DosesAtBudget, AreSharedByWhatIsAlikeInLayersRefinementAndFit) {
    World world;
    world.damage_scale = {3, 6, 12, 24, 48};
    const LayerSet at = {LayerIndex{3}};
    const std::vector<Contender> contenders = {{at, 0, "paper"},
                                               {at, 0, "token-plain"},
                                               {at, 1, "token-plain"},
                                               {at, 0, "token-plain"},
                                               {{LayerIndex{4}}, 0, "paper"}};
    const auto doses = doses_at_budget(contenders, world.probes(), 0.5);
    for (const std::size_t c : {0U, 1U, 2U, 4U}) EXPECT_NEAR(doses[c] / world.budget_dose(c, 0.45), 1, 0.02) << c;
    EXPECT_EQ(doses[3], doses[1]);
}

TEST(DosesAtBudget, StayInReasonWhereDamageSaysNothing) {
    World world;
    world.layers = {{LayerIndex{1}}, {LayerIndex{2}, LayerIndex{3}}};
    world.damage_scale = {0, 1e9};
    const auto doses = doses_at_budget(world.contenders(), world.probes(), 0.5);
    EXPECT_EQ(doses[0], 2.0);
    EXPECT_EQ(doses[1], 0.01);
}

TEST(Search, FindsAPlantedCandidateAndDose) {
    std::set<double> found;
    for (const double peak : {0.6, 1.0}) {
        World world = twelve(peak);
        const SearchResult result = world.search(kOptions);
        EXPECT_EQ(result.best.candidate, 11U);
        // The nearest to the peak of the doses it tries.
        const double wanted = peak * world.budget_dose(11, 0.45);
        for (const TriedDose& tried : result.last) {
            if (tried.trial.candidate != 11) continue;
            EXPECT_LE(std::abs(result.best.dose - wanted), std::abs(tried.trial.dose - wanted) + 1e-9);
        }
        EXPECT_NEAR(result.best.dose / wanted, 1, 0.2);
        found.insert(result.best.dose);
        EXPECT_DOUBLE_EQ(result.outcome.value, world.behaviour(result.best).value);
        EXPECT_DOUBLE_EQ(result.kl_nats, world.damage(result.best));
        EXPECT_LE(result.kl_nats, 0.5);
    }
    EXPECT_EQ(found.size(), 2U) << "one dose for every peak";
}

TEST(Search, SpendsItsItemsOnThePromising) {
    World world = twelve();
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(world.candidates_by_items.at(16).size(), 12U);
    EXPECT_EQ(world.candidates_by_items.at(32), (std::set<std::size_t>{8, 9, 10, 11}));
    EXPECT_EQ(world.candidates_by_items.at(100), (std::set<std::size_t>{10, 11}));
    EXPECT_EQ(world.most_items, 100U);
    EXPECT_EQ(result.trials, world.behaviour_trials);
    EXPECT_EQ(result.trials, 12U + 4U + 3U) << "the best of the last two at a smaller dose too";
    for (const TriedDose& tried : result.last) EXPECT_EQ(tried.n_items, 100U);
}

TEST(Search, ReadsNoMoreThanTenDevelopmentHalves) {
    World world = twelve();
    for (std::size_t c = 12; c < 45; ++c) {
        world.layers.push_back(world.layers[c % 12]);
        world.damage_scale.push_back(3);
    }
    world.behaviour = [](const Trial& trial) { return TrialValue{0.01 * static_cast<double>(trial.candidate), 0}; };
    SearchOptions options;
    options.n_items = 60;
    (void)world.search(options);
    EXPECT_LE(world.reads, 600U);
    EXPECT_GE(world.reads, 500U);
}

TEST(Search, TheFirstRungReadsAsMuchHoweverManyThereAre) {
    for (const auto& [reads, items] : {std::pair(12 * 5 + 11, 5), std::pair(12 * 33, 32), std::pair(12, 3)}) {
        World world = twelve();
        SearchOptions options = kOptions;
        options.first_reads = static_cast<std::size_t>(reads);
        (void)world.search(options);
        EXPECT_TRUE(world.candidates_by_items.contains(static_cast<std::size_t>(items))) << items;
    }
}

/// Each of the twelve by another refinement too, worth as much but for the one of `better`, which is worth 2.
World twelve_by_two_refinements(std::size_t better) {
    World world = twelve();
    for (std::size_t c = 0; c < 12; ++c) {
        world.layers.push_back(world.layers[c]);
        world.damage_scale.push_back(world.damage_scale[c]);
        world.refinement[12 + c] = 1;
    }
    world.behaviour = [plain = twelve().behaviour, better](const Trial& trial) {
        if (trial.candidate == 12 + better) return TrialValue{2, 0};
        return plain({trial.candidate % 12, trial.dose});
    };
    return world;
}

TEST(Search, AnotherRefinementCanWinWhereTheFirstIsWorst) {
    for (const std::size_t better : {0U, 9U}) {
        World world = twelve_by_two_refinements(better);
        const SearchResult result = world.search(kOptions);
        EXPECT_EQ(world.candidates_by_items.at(8).size(), 24U);
        EXPECT_EQ(world.candidates_by_items.at(32).size(), 4U);
        EXPECT_EQ(result.best.candidate, 12U + better);
        EXPECT_EQ(result.first.size(), 24U);
        EXPECT_EQ(result.trials, world.behaviour_trials);
    }
}

TEST(Search, ARefinementThatDamagesFarMoreGetsDosesOfItsOwn) {
    World world = twelve_by_two_refinements(9);
    for (std::size_t c = 12; c < 24; ++c) world.damage_scale[c] *= 50;
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(result.best.candidate, 12U + 9U);
    EXPECT_LE(result.kl_nats, 0.5);
    for (const TriedDose& tried : result.first)
        EXPECT_NEAR(tried.trial.dose / world.budget_dose(tried.trial.candidate, 0.45), 0.85, 0.02);
}

TEST(Search, WhatIsAlikeIsMeasuredOnceAndThePromisingEachForItself) {
    World world = twelve_by_two_refinements(9);
    // Of each pair at one layer the second does as much as twice the first.
    for (std::size_t c = 1; c < 24; c += 2) world.damage_scale[c] *= 2;
    const SearchResult result = world.search(kOptions);
    for (const TriedDose& tried : result.first) {
        const std::size_t alike = tried.trial.candidate / 2 * 2;
        EXPECT_NEAR(tried.trial.dose / world.budget_dose(alike, 0.45), 0.85, 0.02) << tried.trial.candidate;
    }
    EXPECT_EQ(result.best.candidate, 12U + 9U);
    for (const TriedDose& tried : result.last) EXPECT_LE(tried.kl_nats, 0.46) << tried.trial.candidate;
    EXPECT_LE(world.damage_trials, 2 * 12U + 4U + result.last.size());
}

TEST(Search, FewCandidatesSkipTheFirstRungWhateverTheirRefinement) {
    World world;
    world.layers = {{LayerIndex{3}}, {LayerIndex{3}}};
    world.damage_scale = {3, 150};
    world.refinement = {{1, 1}};
    world.behaviour = [](const Trial& trial) { return TrialValue{trial.candidate == 1 ? 0.8 : 0.4, 0}; };
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(result.best.candidate, 1U);
    EXPECT_LE(result.kl_nats, 0.5);
    EXPECT_EQ(world.candidates_by_items.size(), 1U);
}

TEST(ThoseThatAgree, ReachHalfOfTheBestAndAFifthOfPerfect) {
    const auto kept = [](std::vector<double> agreement) { return those_that_agree(agreement); };
    EXPECT_EQ(kept({0.8, 0.39, 0.4, -0.9, 0.7}), (std::vector<std::size_t>{0, 2, 4}));
    EXPECT_EQ(kept({0.19, 0.3, 0.2}), (std::vector<std::size_t>{1, 2})) << "half of the best is not enough";
    EXPECT_TRUE(kept({0.05, 0.15, 0.1}).empty());
    EXPECT_TRUE(kept({-0.3, -0.2}).empty()) << "half of it is more";
}

TEST(Search, WhatDoesNotAgreeIsNotTriedHoweverWellItDoes) {
    World world = twelve();
    world.agreement = {0.6, 0.5, 0.1, 0.55, 0.6, 0.4, 0.3, 0.7, 0.2, 0.1, 0.0, -0.5};
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(result.best.candidate, 7U) << "0.7 agree, and 0.35 are asked for";
    EXPECT_EQ(result.agreeing, 6U);
    EXPECT_EQ(world.candidates_by_items.at(32), (std::set<std::size_t>{0, 1, 3, 4, 5, 7}))
        << "as many items as those leave";
    EXPECT_EQ(result.trials, world.behaviour_trials);
}

TEST(Search, WhereNoneAgreesTheNearestIsLeft) {
    World world = twelve();
    world.agreement = {-0.1, 0, 0.1, 0.12, 0.15, 0.1, 0, 0, 0.1, 0.14, -0.2, 0.05};
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(result.best.candidate, 4U);
    EXPECT_EQ(result.agreeing, 0U);
    EXPECT_TRUE(result.first.empty()) << "nothing to tell apart";
    EXPECT_LE(result.kl_nats, 0.5);
}

TEST(Search, ADoseThatTurnsTheConceptRoundAsksForAgreementAtItsSize) {
    World world = twelve();
    world.agreement = std::vector<double>(12, 0.1);
    world.agreement[3] = 0.6;
    world.agreement_dose = 0.3;
    SearchOptions options = kOptions;
    options.dose = -0.3;
    const SearchResult result = world.search(options);
    EXPECT_EQ(result.best.candidate, 3U);
    EXPECT_EQ(result.best.dose, -0.3);
    EXPECT_EQ(result.agreeing, 1U);
}

TEST(Search, WhereAgreementCannotBeToldAllStandForChoice) {
    World world = twelve();
    world.agreement = std::vector<double>(12, 0.5);
    world.agreement_is_told = false;
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(result.best.candidate, 11U);
    EXPECT_FALSE(result.agreeing);
    EXPECT_FALSE(twelve().search(kOptions).agreeing);
}

TEST(Search, AsksForNoMoreItemsThanThereAre) {
    World world = twelve();
    SearchOptions few = kOptions;
    few.n_items = 10;
    (void)world.search(few);
    EXPECT_EQ(world.most_items, 10U);
}

TEST(Search, TheSmoothValuePartsTies) {
    World world = twelve();
    world.behaviour = [](const Trial& trial) { return TrialValue{0.5, trial.candidate == 4 ? 0.6 : 0.5}; };
    EXPECT_EQ(world.search(kOptions).best.candidate, 4U);
}

TEST(Search, TheValueOutweighsTheSmoothOne) {
    World world = twelve();
    world.behaviour = [](const Trial& trial) {
        return trial.candidate == 4 ? TrialValue{0.9, 0.1} : TrialValue{0.5, 0.9};
    };
    EXPECT_EQ(world.search(kOptions).best.candidate, 4U);
}

/// Candidate 11 shares 10's layer, whose damage is measured, and does eight times as much there, by another law, but is
/// the best by far.
World eleven_over_the_budget(bool only_there) {
    World world = twelve();
    world.odd_exponent[11] = 1.5;
    world.damage_scale[11] = 8 * 0.45 / std::pow(world.budget_dose(10, 0.45), 1.5);
    world.behaviour = [only_there, smallest = world.budget_dose(11, 0.5)](const Trial& trial) {
        if (trial.candidate == 11) return TrialValue{only_there && trial.dose <= smallest ? 0.0 : 0.9, 0};
        return TrialValue{0.05 * static_cast<double>(trial.candidate), 0};
    };
    return world;
}

TEST(Search, NeverChoosesWhatIsOverTheBudgetWhileSomethingIsInside) {
    World world = eleven_over_the_budget(true);
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(result.best.candidate, 10U);
    EXPECT_LE(result.kl_nats, 0.5);
    const auto over = [](const TriedDose& tried) { return tried.trial.candidate == 11 && tried.kl_nats > 0.5; };
    EXPECT_TRUE(std::any_of(result.last.begin(), result.last.end(), over)) << "the test plants nothing";
}

TEST(Search, WhatDoesBestOverTheBudgetIsTriedAgainInsideIt) {
    World world = eleven_over_the_budget(false);
    const SearchResult result = world.search(kOptions);
    EXPECT_EQ(result.best.candidate, 11U);
    EXPECT_LE(result.kl_nats, 0.5);
    EXPECT_GT(result.kl_nats, 0.4);
    EXPECT_DOUBLE_EQ(result.kl_nats, world.damage(result.best));
    EXPECT_EQ(result.last.size(), 4U) << "two candidates, the best at a smaller dose, and this one";
    EXPECT_EQ(result.trials, world.behaviour_trials);
}

TEST(Search, WhereAllIsOverTheBudgetTheLeastDamageWins) {
    World world = twelve();
    for (double& scale : world.damage_scale) scale *= 1e9;
    world.behaviour = [](const Trial& trial) { return TrialValue{trial.dose, 0}; };
    const SearchResult result = world.search(kOptions);
    EXPECT_GT(result.kl_nats, 0.5);
    for (const TriedDose& tried : result.last) EXPECT_LE(result.kl_nats, tried.kl_nats);
}

TEST(Search, AFixedDoseIsKept) {
    World world = twelve();
    SearchOptions fixed = kOptions;
    fixed.dose = -0.05;
    const SearchResult result = world.search(fixed);
    EXPECT_EQ(world.doses, std::set<double>{-0.05});
    EXPECT_EQ(result.best.dose, -0.05);
    EXPECT_EQ(result.kl_nats, world.damage(result.best));
    EXPECT_EQ(world.candidates_by_items.at(100).size(), 2U);
}

TEST(Search, AFixedDoseIsTriedWhateverItsDamage) {
    World world = twelve();
    SearchOptions fixed = kOptions;
    fixed.dose = 2.0;
    const SearchResult result = world.search(fixed);
    EXPECT_GT(result.kl_nats, 0.5);
    EXPECT_EQ(result.best.candidate, 11U) << "the best behaviour, since none is inside";
}

TEST(Search, OneCandidateIsSearchedForItsDoseAlone) {
    World world;
    world.layers = {{LayerIndex{3}}};
    world.damage_scale = {3};
    world.behaviour = [](const Trial& trial) { return TrialValue{-trial.dose, 0}; };
    const SearchResult result = world.search(kOptions);
    EXPECT_GE(result.last.size(), 2U);
    for (const TriedDose& tried : result.last) EXPECT_LE(result.best.dose, tried.trial.dose);
    EXPECT_EQ(world.candidates_by_items.size(), 1U) << "no rung is wasted on one candidate";
}

TEST(Search, IsDeterministic) {
    World a = twelve();
    World b = twelve();
    const SearchResult first = a.search(kOptions);
    const SearchResult second = b.search(kOptions);
    EXPECT_EQ(first.best.candidate, second.best.candidate);
    EXPECT_EQ(first.best.dose, second.best.dose);
}

TEST(Search, NeedsCandidatesAndItems) {
    World world = twelve();
    SearchOptions none = kOptions;
    none.n_items = 0;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"items", "12 and 0"}, [&] { (void)world.search(none); }));
    world.layers.clear();
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"candidates"}, [&] { (void)world.search(kOptions); }));
}

}  // namespace
}  // namespace contrans
