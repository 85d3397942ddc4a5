#include "contrans/pipeline/transplant.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "contrans/core/error.h"
#include "contrans/core/shingles.h"
#include "contrans/pipeline/agreement.h"
#include "contrans/pipeline/budget_dose.h"
#include "contrans/pipeline/effect_meter.h"
#include "contrans/pipeline/placement.h"

namespace contrans {
namespace {

// A copied text brings its own run of words for every word after the seventh; phrases of templates alone stay below.
constexpr double kLeakShare = 0.02;
constexpr double kLeakRuns = 4;
// Enough for doses that candidates are compared at.
constexpr std::size_t kDoseTexts = 24;

using Entries = std::vector<const MapEntry*>;

/// What a request leaves to choose from.
struct Choices {
    std::vector<SearchCandidate> candidates;
    std::vector<Entries> entries;  // a candidate's maps, one a layer; none for a concept refined in the target itself
};

void refuse_leak(const ConceptVector& source_concept, const MapSet& maps, LeakPolicy policy) {
    const double share = share_contained(source_concept.text_shingles, maps.corpus_shingles);
    const double runs = share * static_cast<double>(source_concept.text_shingles.size());
    if (policy == LeakPolicy::allow || (share < kLeakShare && runs < kLeakRuns)) return;
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.1f%%", 100 * share);
    throw Error(ErrorKind::argument,
                "transplant: " + std::string(percent) + " of the word runs of concept \"" + source_concept.name +
                    "\" stand in the map's corpus; such a map reproduces the native vector by algebra. Fit "
                    "the map on other texts, or say --allow-leak");
}

double sigma_of(const MapSet& maps, LayerIndex layer) {
    const auto scale = std::find_if(maps.target_scale.begin(), maps.target_scale.end(),
                                    [layer](const LayerScale& s) { return s.layer == layer; });
    if (scale == maps.target_scale.end()) {
        throw Error(ErrorKind::format,
                    "transplant: the map set knows no spread of target layer " + std::to_string(layer.value));
    }
    return scale->sigma;
}

std::string label_of(const Entries& entries) {
    std::string label = std::to_string(entries.front()->source_layer.value);
    for (const LayerIndex layer : entries.front()->via) label += "→" + std::to_string(layer.value);
    for (const MapEntry* entry : entries)
        label += (entry == entries.front() ? "→" : "+") + std::to_string(entry->target_layer.value);
    return label + " " + to_string(entries.front()->kind);
}

bool wanted(const MapEntry& entry, const TransplantRequest& request) {
    return (!request.source_layer || *request.source_layer == entry.source_layer) &&
           (request.target_layers.empty() || std::ranges::count(request.target_layers, entry.target_layer) != 0) &&
           (!request.fit || *request.fit == entry.kind) &&
           entry.target_layer.value != 0;  // a control vector has no direction for block 0
}

/// Maps may begin at more layers than the concept was read at.
bool begins_where_read(const MapEntry& entry, const ConceptVector& source_concept, const TransplantRequest& request) {
    return request.source_layer || std::ranges::find(source_concept.layers, entry.source_layer, &ConceptLayer::layer) !=
                                       source_concept.layers.end();
}

std::string offered(const MapSet& maps) {
    std::string text;
    for (const MapEntry& entry : maps.entries) text += (text.empty() ? "" : ", ") + label_of({&entry});
    return text;
}

/// Every map by itself; and of one source layer (and chain) and fit, where they are maps to several target layers, all
/// together.
std::vector<Entries> entries_to_choose_from(const ConceptVector& source_concept, const MapSet& maps,
                                            const TransplantRequest& request) {
    std::map<std::tuple<LayerIndex, LayerSet, FitKind>, std::map<LayerIndex, const MapEntry*>> alike;
    std::vector<Entries> choices;
    for (const MapEntry& entry : maps.entries) {
        if (!wanted(entry, request) || !begins_where_read(entry, source_concept, request)) continue;
        if (request.target_layers.size() < 2) choices.push_back({&entry});
        alike[{entry.source_layer, entry.via, entry.kind}].emplace(entry.target_layer, &entry);
    }
    for (const auto& [_, by_layer] : alike) {
        if (by_layer.size() < std::max<std::size_t>(2, request.target_layers.size())) continue;
        const auto entries = std::views::values(by_layer);
        choices.emplace_back(entries.begin(), entries.end());
    }
    return choices;
}

using MapOf = AffineMap MapEntry::*;

/// What these maps, or their torn twins, carry.
SearchCandidate carry(const ConceptVector& source_concept, std::size_t refinement, const MapSet& maps,
                      const Entries& entries, MapOf map) {
    SearchCandidate candidate{label_of(entries), {}, refinement, to_string(entries.front()->kind)};
    for (const MapEntry* entry : entries) {
        const std::vector<float>& direction = source_concept.at(entry->source_layer, refinement).direction;
        candidate.layers.push_back(
            {entry->target_layer, (entry->*map).map_direction(direction), sigma_of(maps, entry->target_layer)});
    }
    return candidate;
}

/// A fit that was asked for is a method to compare: it takes the concept as it was refined in the first place.
bool alternatives_stand_for_choice(const Task* task, const TransplantRequest& request) {
    return task != nullptr && !request.fit;
}

Choices choices_for(const ConceptVector& source_concept, const MapSet& maps, const Task* task,
                    const TransplantRequest& request) {
    Choices choices{{}, entries_to_choose_from(source_concept, maps, request)};
    if (choices.entries.empty()) {
        throw Error(
            ErrorKind::argument,
            "transplant: the map set has no map for the concept's layers, or the layers and fit asked for; it has " +
                offered(maps));
    }
    for (const Entries& entries : choices.entries)
        choices.candidates.push_back(carry(source_concept, 0, maps, entries, &MapEntry::map));
    if (!alternatives_stand_for_choice(task, request)) return choices;
    const std::size_t n = choices.candidates.size();
    for (std::size_t r = 1; r <= source_concept.alternatives.size(); ++r) {
        for (std::size_t c = 0; c < n; ++c) {
            const Entries entries = choices.entries[c];
            choices.candidates.push_back(carry(source_concept, r, maps, entries, &MapEntry::map));
            set_refinement(choices.candidates.back(), r, source_concept.refinement(r));
            choices.entries.push_back(entries);
        }
    }
    return choices;
}

/// Maps that were made of others have no scores that one could be preferred by.
void require_scores(const MapSet& maps, const Choices& choices) {
    if (maps.derivation.empty() || choices.entries.size() == 1) return;
    throw Error(ErrorKind::argument, "transplant: " + std::to_string(choices.entries.size()) +
                                         " maps stand for choice and none has a held-out score (" + maps.derivation +
                                         "); give --task to search on, or layers and fit");
}

double mean_evidence(const Entries& entries, double MapEvidence::*field) {
    double sum = 0;
    for (const MapEntry* entry : entries) sum += entry->evidence.*field;
    return sum / static_cast<double>(entries.size());
}

/// The candidates' agreement with the source, where it can be told: each at the dose that costs the budget.
std::optional<std::vector<double>> agreement_at_budget(AgreementMeter& meter, const Choices& choices,
                                                       const std::shared_ptr<const Model>& target,
                                                       const TransplantRequest& request, const RunContext& context) {
    DamageMeter damage(target, neutral_texts(request),
                       {.texts = kDoseTexts, .positions = 1, .threads = request.threads}, context);
    const std::vector<double> doses = request.dose
                                          ? std::vector<double>(choices.candidates.size(), *request.dose)
                                          : budget_doses(choices.candidates, damage, request.budget_nats, context);
    return meter.measure(choices.candidates, trials_at(doses), context);
}

/// @param meter  nothing where the source's own response is unknown
Preference preference_of(std::optional<AgreementMeter>& meter, const MapSet& maps, const Choices& choices,
                         const std::shared_ptr<const Model>& target, const TransplantRequest& request,
                         const RunContext& context) {
    if (meter && choices.candidates.size() > 1) {
        if (auto agreement = agreement_at_budget(*meter, choices, target, request, context))
            return {"agreement", *std::move(agreement)};
    }
    require_scores(maps, choices);
    Preference directional{"directional", {}};
    for (const Entries& entries : choices.entries)
        directional.scores.push_back(mean_evidence(entries, &MapEvidence::directional));
    return directional;
}

void add_map_evidence(TransplantProvenance& provenance, const MapSet& maps, const Entries& entries) {
    provenance.source_layer = entries.front()->source_layer;
    provenance.fit = to_string(entries.front()->kind);
    provenance.map_rows = entries.front()->evidence.rows;
    provenance.map_derivation = maps.derivation;
    if (!maps.derivation.empty()) return;  // nobody measured it
    provenance.held_out_r2 = mean_evidence(entries, &MapEvidence::held_out_r2);
    provenance.directional = mean_evidence(entries, &MapEvidence::directional);
    provenance.token_match = maps.token_match;
}

/// The torn image of every candidate, and the chosen maps' image of every label-shuffled direction.
struct Controls {
    std::vector<SearchCandidate> shuffled_map;
    std::vector<SearchCandidate> shuffled_labels;
};

Controls controls_of(const ConceptVector& source_concept, const MapSet& maps, const Choices& choices,
                     std::size_t chosen) {
    Controls controls;
    for (std::size_t c = 0; c < choices.candidates.size(); ++c) {
        const SearchCandidate& candidate = choices.candidates[c];
        controls.shuffled_map.push_back(
            carry(source_concept, candidate.refinement, maps, choices.entries[c], &MapEntry::shuffled));
    }
    const Entries& entries = choices.entries[chosen];
    const std::size_t refinement = choices.candidates[chosen].refinement;
    const Matrix& shuffled = source_concept.at(entries.front()->source_layer, refinement).shuffled;
    for (std::size_t draw = 0; draw < shuffled.rows(); ++draw) {
        SearchCandidate& candidate = controls.shuffled_labels.emplace_back(choices.candidates[chosen]);
        for (std::size_t l = 0; l < entries.size(); ++l)
            candidate.layers[l].direction = entries[l]->map.map_direction(shuffled.row(draw));
    }
    return controls;
}

std::vector<SearchCandidate> of_refinement(const std::vector<SearchCandidate>& candidates, std::size_t refinement) {
    std::vector<SearchCandidate> of;
    std::ranges::copy_if(candidates, std::back_inserter(of),
                         [=](const SearchCandidate& candidate) { return candidate.refinement == refinement; });
    return of;
}

ControlSet control_set(const Controls& controls, const ConceptVector& source_concept, const ModelIdentity& target) {
    ControlSet set{target, {}};
    const auto add = [&](ControlDirection::Kind kind, const std::vector<SearchCandidate>& candidates) {
        for (std::size_t i = 0; i < candidates.size(); ++i)
            add_controls(set, kind, candidates[i], source_concept.refinement(candidates[i].refinement), i);
    };
    add(ControlDirection::Kind::shuffled_map, controls.shuffled_map);
    add(ControlDirection::Kind::shuffled_labels, controls.shuffled_labels);
    return set;
}

}  // namespace

TransplantResult transplant(const ConceptVector& source_concept, const MapSet& maps,
                            const std::shared_ptr<const Model>& target, const Task* task,
                            const TransplantRequest& request, const RunContext& context) {
    require_same_model("map", maps.source, source_concept.source, request.identity);
    require_same_model("map", maps.target, target->identity(), request.identity);
    refuse_leak(source_concept, maps, request.leak);
    Choices choices = choices_for(source_concept, maps, task, request);
    std::optional<AgreementMeter> agreement;
    if (source_concept.response() != nullptr)
        agreement.emplace(source_concept.responses, target, neutral_texts(request), kAgreementTexts, request.threads,
                          context);
    const auto preference = [&] { return preference_of(agreement, maps, choices, target, request, context); };
    const std::span<const WordResponse> to_agree_with =
        alternatives_stand_for_choice(task, request) ? source_concept.responses : std::span<const WordResponse>();
    Decision decision = decide(choices.candidates, target, task, to_agree_with, preference, request, context);

    TransplantResult result;
    const SearchCandidate& chosen = choices.candidates[decision.candidate];
    result.vector = decided_vector(chosen, decision, source_concept, request, target->identity());
    add_map_evidence(*result.vector.provenance, maps, choices.entries[decision.candidate]);
    const Controls controls = controls_of(source_concept, maps, choices, decision.candidate);
    result.controls = control_set(controls, source_concept, target->identity());
    if (decision.search && decision.search->agreeing) result.controls.responses = source_concept.responses;
    if (agreement) {
        result.vector.provenance->agreement =
            agreement->evidence(chosen, decision.dose, of_refinement(controls.shuffled_map, chosen.refinement),
                                controls.shuffled_labels, context);
    }
    result.vector.provenance->effect = sign_effect(target, result.vector, request.threads, context);
    if (decision.search) result.vector.provenance->search = standing_of(*decision.search, choices.candidates);
    result.search = std::move(decision.search);
    result.candidates = std::move(choices.candidates);
    return result;
}

}  // namespace contrans
