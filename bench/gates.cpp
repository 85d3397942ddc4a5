// Simulated rollouts for bench/gates: false alarms without a regression, users until an alarm with one, units until a
// broken split is told, and what a call costs. Prints JSON.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "bench/gate_rules.h"
#include "contrans/rollout/sample_ratio.h"
#include "contrans/rollout/sequential_test.h"

namespace contrans::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kGatedShares = {0.01, 0.05, 0.25, 0.5};
constexpr std::array kPlantedShares = {0.05, 0.25, 0.5};
constexpr double kAlpha = 0.05;
constexpr double kStays = 0.75;       // to send another request: four a user on average
constexpr double kRates = 0.05;       // of requests are given a thumb
constexpr double kRepeats = 0.5;      // of a user's further outcomes are as the first
constexpr double kSplitAlpha = 1e-3;  // level of the broken split

struct Options {
    std::uint64_t seed = 1;
    int rollouts = 1000;
    int users = 2000;
    int block_rollouts = 100;
    int request_rollouts = 50;
};

/// What a gate measures of a request.
struct Gate {
    const char* name;
    double mean;
    bool continuous = false;
    bool of_thumbs = false;
};
constexpr std::array kGates = {Gate{"error", 0.01}, Gate{"refusal", 0.08}, Gate{"repetition", 0.25, true},
                               Gate{"slow", 0.1}, Gate{"thumbs down", 0.15, false, true}};
constexpr double kAlphaOfGate = kAlpha / (kGates.size() * kGatedShares.size());

class Draw {
public:
    explicit Draw(std::uint64_t seed) : bits_(seed) {}
    double uniform() { return std::ldexp(static_cast<double>(bits_() >> 11), -53); }
    bool chance(double p) { return uniform() < p; }

    /// A product of two uniforms has mean 1/4; moved towards one as far as the wanted mean needs.
    double outcome(const Gate& gate, double mean) {
        if (!gate.continuous) return chance(mean) ? 1 : 0;
        const double value = uniform() * uniform();
        return value + (1 - value) * (mean - gate.mean) / (1 - gate.mean);
    }
    int requests() {
        int count = 1;
        while (chance(kStays)) ++count;
        return count;
    }
    bool gives_thumb(int requests) { return chance(1 - std::pow(1 - kRates, requests)); }

private:
    std::mt19937_64 bits_;
};

using Alarms = std::array<bool, kRules>;

/// A stage without a regression, looked at after every outcome of every gate, until the treatment has its users.
/// @param each_request  count all requests of a user instead of the first one of each gate.
Alarms quiet_stage(Draw& draw, double share, const Options& options, bool with_blocks, bool each_request) {
    std::vector<GateWatch> watches(kGates.size(), GateWatch(share, kAlphaOfGate, with_blocks));
    for (int treated = 0; treated < options.users;) {
        const bool treatment = draw.chance(share);
        treated += treatment ? 1 : 0;
        const int requests = draw.requests();
        for (std::size_t g = 0; g < kGates.size(); ++g) {
            if (kGates[g].of_thumbs && !draw.gives_thumb(requests)) continue;
            const double first = draw.outcome(kGates[g], kGates[g].mean);
            watches[g].add(treatment, first);
            for (int more = 1; each_request && !kGates[g].of_thumbs && more < requests; ++more) {
                watches[g].add(treatment, draw.chance(kRepeats) ? first : draw.outcome(kGates[g], kGates[g].mean));
            }
        }
    }
    Alarms alarms{};
    for (const GateWatch& watch : watches)
        for (std::size_t r = 0; r < kRules; ++r) alarms[r] = alarms[r] || watch.sounded(static_cast<Rule>(r));
    return alarms;
}

std::array<int, kRules> quiet_rollouts(const Options& options, int rollouts, bool with_blocks, bool each_request) {
    std::array<int, kRules> with_alarm{};
    for (int rollout = 0; rollout < rollouts; ++rollout) {
        Draw draw(options.seed * 1'000'003 + static_cast<std::uint64_t>(rollout));
        Alarms any{};
        for (const double share : kGatedShares) {
            const Alarms stage = quiet_stage(draw, share, options, with_blocks, each_request);
            for (std::size_t r = 0; r < kRules; ++r) any[r] = any[r] || stage[r];
        }
        for (std::size_t r = 0; r < kRules; ++r) with_alarm[r] += any[r] ? 1 : 0;
    }
    return with_alarm;
}

Json false_alarms(const Options& options) {
    const auto all = quiet_rollouts(options, options.rollouts, false, false);
    const auto blocks = quiet_rollouts(options, options.block_rollouts, true, false);
    const auto requests = quiet_rollouts(options, options.request_rollouts, false, true);
    const auto row = [](const char* rule, int alarms, int rollouts) {
        return Json{{"rule", rule}, {"alarms", alarms}, {"rollouts", rollouts}};
    };
    const auto of = [](const std::array<int, kRules>& counts, Rule rule) {
        return counts[static_cast<std::size_t>(rule)];
    };
    return {row("evidence", of(all, Rule::evidence), options.rollouts),
            row("plain_prior", of(all, Rule::plain_prior), options.rollouts),
            row("blocks", of(blocks, Rule::blocks), options.block_rollouts),
            row("z_test", of(all, Rule::z_test), options.rollouts),
            row("every_request", of(requests, Rule::evidence), options.request_rollouts)};
}

struct Regression {
    std::size_t gate;
    double mean;
};
constexpr std::array kRegressions = {Regression{0, 0.03}, Regression{0, 0.05}, Regression{1, 0.16},
                                     Regression{3, 0.2},  Regression{2, 0.35}, Regression{4, 0.3}};

/// Users of the treatment when each rule sounded; 0: not within the stage.
std::array<int, kRules> users_until_alarm(Draw& draw, const Regression& regression, double share,
                                          const Options& options) {
    const Gate& gate = kGates[regression.gate];
    GateWatch watch(share, kAlphaOfGate, true);
    std::array<int, kRules> users{};
    for (int treated = 0; treated < options.users && !watch.all_sounded();) {
        const bool treatment = draw.chance(share);
        treated += treatment ? 1 : 0;
        if (gate.of_thumbs && !draw.gives_thumb(draw.requests())) continue;
        watch.add(treatment, draw.outcome(gate, treatment ? regression.mean : gate.mean));
        for (std::size_t r = 0; r < kRules; ++r) {
            if (users[r] == 0 && watch.sounded(static_cast<Rule>(r))) users[r] = treated;
        }
    }
    return users;
}

Json delays(const Options& options) {
    Json rows = Json::array();
    for (const Regression& regression : kRegressions) {
        for (const double share : kPlantedShares) {
            Draw draw(options.seed * 7919 + rows.size());
            std::map<std::string, std::vector<int>> of_rule;
            for (int rollout = 0; rollout < options.rollouts; ++rollout) {
                const auto users = users_until_alarm(draw, regression, share, options);
                for (std::size_t r = 0; r < kRules; ++r) of_rule[kRuleNames[r]].push_back(users[r]);
            }
            const Gate& gate = kGates[regression.gate];
            rows.push_back({{"gate", gate.name},
                            {"from", gate.mean},
                            {"to", regression.mean},
                            {"continuous", gate.continuous},
                            {"of_thumbs", gate.of_thumbs},
                            {"share", share},
                            {"users", of_rule}});
        }
    }
    return rows;
}

/// Units until a split that is `actual` instead of `planned` is told, by the library's prior and by Beta(1/2, 1/2).
Json broken_splits(const Options& options) {
    Json rows = Json::array();
    for (const auto& [planned, actual] : {std::pair{0.5, 0.47}, {0.5, 0.45}, {0.05, 0.06}, {0.01, 0.015}}) {
        Draw draw(options.seed * 104'729 + rows.size());
        std::vector<int> ours;
        std::vector<int> plain;
        for (int run = 0; run < options.rollouts / 5; ++run) {
            std::size_t treated = 0;
            int found = 0;
            int found_plain = 0;
            for (int units = 1; units <= 100'000 && (found == 0 || found_plain == 0); ++units) {
                treated += draw.chance(actual) ? 1U : 0U;
                const auto n = static_cast<std::size_t>(units);
                const double level = -std::log(kSplitAlpha);
                if (found == 0 && log_evidence_of_mismatch(treated, n - treated, planned) >= level) found = units;
                if (found_plain == 0 && log_evidence_at({n, static_cast<double>(treated)}, planned) >= level) {
                    found_plain = units;
                }
            }
            ours.push_back(found);
            plain.push_back(found_plain);
        }
        rows.push_back({{"planned", planned}, {"actual", actual}, {"ours", ours}, {"plain", plain}});
    }
    return rows;
}

template <class Call>
double microseconds(Call&& call) {
    constexpr int kCalls = 20'000;
    const auto start = std::chrono::steady_clock::now();
    double kept = 0;
    for (int i = 0; i < kCalls; ++i) kept += call(static_cast<std::size_t>(i));
    const std::chrono::duration<double, std::micro> passed = std::chrono::steady_clock::now() - start;
    if (std::isnan(kept)) std::cerr << "gates: a result is not a number\n";
    return passed.count() / kCalls;
}

Json costs() {
    const auto treatment = [](std::size_t i) { return Tally{100 + i, 8 + 0.1 * static_cast<double>(i)}; };
    const auto control = [](std::size_t i) { return Tally{300 + 7 * i, 24 + 0.55 * static_cast<double>(i)}; };
    const auto cost = [&](double margin) {
        return microseconds([&](std::size_t i) { return log_evidence_of_excess(treatment(i), control(i), margin); });
    };
    return {{"log_evidence_of_excess", cost(0)},
            {"log_evidence_of_excess, margin 0.01", cost(0.01)},
            {"difference_interval",
             microseconds([&](std::size_t i) { return difference_interval(treatment(i), control(i), 0.05).low; })},
            {"log_evidence_of_mismatch",
             microseconds([](std::size_t i) { return log_evidence_of_mismatch(i, 20 * i, 0.05); })}};
}

}  // namespace
}  // namespace contrans::bench

int main(int argc, char** argv) {
    using namespace contrans::bench;
    Options options;
    CLI::App app("Simulated rollouts for bench/gates");
    app.add_option("--seed", options.seed)->capture_default_str();
    app.add_option("--rollouts", options.rollouts)->capture_default_str();
    app.add_option("--users", options.users, "Of the treatment, in each stage")->capture_default_str();
    app.add_option("--block-rollouts", options.block_rollouts, "Of those with blocks")->capture_default_str();
    app.add_option("--request-rollouts", options.request_rollouts, "Of those that count every request")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const Json found = {{"seed", options.seed},          {"rollouts", options.rollouts},
                        {"users", options.users},        {"alpha", kAlpha},
                        {"alpha_of_gate", kAlphaOfGate}, {"false_alarms", false_alarms(options)},
                        {"delays", delays(options)},     {"broken_splits", broken_splits(options)},
                        {"microseconds", costs()}};
    std::cout << found.dump() << '\n';
    return 0;
}
