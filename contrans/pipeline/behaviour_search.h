#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contrans/concepts/word_response.h"
#include "contrans/core/progress.h"
#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/transplant/search.h"

namespace contrans {

/// Neutral texts that trials' damage is measured on: enough for a budget to hold on others within a fifth
/// (docs/decisions/search.md).
inline constexpr std::size_t kSearchDamageTexts = 24;

struct BehaviourSearchOptions {
    double budget_nats = 0.5;
    std::optional<double> dose;  ///< fixed; nothing: searched
    std::uint64_t seed = 1;
    std::size_t threads = 0;
};

/// Searches candidates and doses in a target model: behaviour on a development task, damage on neutral development
/// texts. What one search measures of the unsteered model serves the next.
class BehaviourSearch {
public:
    /// @param task development items; reordered by a seeded shuffle so that its first items mix templates
    BehaviourSearch(std::shared_ptr<const Model> target, Task task, std::span<const std::string> neutral,
                    const BehaviourSearchOptions& options, const RunContext& context);

    /// @param source  its own responses (AgreementMeter), which candidates have to agree with; empty: they need not
    [[nodiscard]] SearchResult run(const std::string& label, std::span<const SearchCandidate> candidates,
                                   std::span<const WordResponse> source, const RunContext& context);
    /// The primary metric of the unsteered model on all development items.
    [[nodiscard]] double unsteered() const { return unsteered_; }
    /// One candidate at several doses on a share of the items, with damage: a dose curve.
    [[nodiscard]] std::vector<TriedDose> curve(const SearchCandidate& candidate, std::span<const double> doses,
                                               const RunContext& context);
    [[nodiscard]] DamageMeter& damage() { return damage_; }

private:
    [[nodiscard]] SearchProbes probes(const std::string& label, std::span<const SearchCandidate> candidates,
                                      const RunContext& context);
    [[nodiscard]] TrialValue value_of(std::span<const ItemScores> scores) const;

    std::shared_ptr<const Model> target_;
    std::vector<std::string> agreement_texts_;
    BehaviourSearchOptions options_;
    TaskScorer scorer_;
    DamageMeter damage_;
    double unsteered_ = 0;
};

}  // namespace contrans
