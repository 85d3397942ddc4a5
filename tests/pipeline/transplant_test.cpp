#include "contrans/pipeline/transplant.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/response_meter.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/linalg/products.h"
#include "contrans/pipeline/agreement.h"
#include "contrans/pipeline/build_map.h"
#include "contrans/pipeline/control_candidates.h"
#include "contrans/pipeline/evaluate.h"
#include "contrans/pipeline/refine.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/pipeline/small_world.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::carried;
using testing::cosine;
using testing::maps;
using testing::source_concept;
using testing::throws_error;
using testing::tiny_source_model;
using testing::tiny_target_model;
using testing::transplant_request;

using Kind = ControlDirection::Kind;

TransplantResult carry(const TransplantRequest& request, const Task* task = nullptr) {
    return transplant(source_concept(), maps(), tiny_target_model(), task, request, {});
}

TransplantRequest given() {
    TransplantRequest request = transplant_request();
    request.source_layer = maps().entries[0].source_layer;
    request.target_layers = {maps().entries[0].target_layer};
    request.fit = FitKind::token_plain;
    request.dose = 0.25;
    return request;
}

const MapEntry& entry_of(const TransplantRequest& request) {
    return *std::ranges::find_if(maps().entries, [&](const MapEntry& e) {
        return e.source_layer == *request.source_layer && e.target_layer == request.target_layers.front() &&
               e.kind == *request.fit;
    });
}

const MapEntry& paper_entry(const MapSet& set) {
    return *std::ranges::find(set.entries, FitKind::paper, &MapEntry::kind);
}

double kl_of(const ControlVector& vector) {
    std::vector<SteeringPlan::Step> steps;
    for (const ControlLayer& layer : vector.layers) steps.push_back({layer.layer, layer.offset});
    const auto plan = std::make_shared<const SteeringPlan>(std::move(steps));
    DamageMeter meter(tiny_target_model(), testing::neutral(1), {.threads = 1}, {});
    return meter.measure({&plan, 1}, {}).front().kl_nats;
}

TEST(Transplant, CarriesTheDirectionByTheLinearPartAtTheDoseAskedFor) {
    const TransplantRequest request = given();
    const TransplantResult result = carry(request);
    ASSERT_EQ(result.vector.layers.size(), 1U);
    const ControlLayer& layer = result.vector.layers[0];
    const auto direction = entry_of(request).map.map_direction(source_concept().at(*request.source_layer).direction);
    EXPECT_EQ(layer.layer, request.target_layers.front());
    EXPECT_EQ(layer.dose, 0.25);
    EXPECT_NEAR(norm(std::span<const float>(layer.offset)), 0.25 * layer.sigma, 1e-4);
    EXPECT_NEAR(cosine(layer.offset, direction), 1, 1e-6);
    EXPECT_NEAR(layer.coefficient * norm(std::span<const float>(direction)), 0.25 * layer.sigma, 1e-4);
    EXPECT_FALSE(result.search);
    EXPECT_EQ(result.vector.provenance->chosen_by, "given");
}

TEST(Transplant, KnowsWhereItComesFrom) {
    const TransplantProvenance& from = *carried().vector.provenance;
    EXPECT_EQ(carried().vector.name, "warm-vector");
    EXPECT_EQ(*carried().vector.target, tiny_target_model()->identity());
    EXPECT_EQ(from.concept_name, "warm");
    const SearchCandidate& chosen = carried().candidates[carried().search->best.candidate];
    EXPECT_EQ(from.method, chosen.refinement == 0 ? "mean/last" : "probe/last");
    EXPECT_EQ(from.source, tiny_source_model()->identity());
    EXPECT_EQ(from.chosen_by, "behaviour");
    EXPECT_EQ(from.token_match, maps().token_match);
    EXPECT_TRUE(from.dev_value);
    EXPECT_FALSE(from.agreement);  // these vocabularies share one word
    ASSERT_TRUE(from.search);
    EXPECT_EQ(from.search->candidates, carried().candidates.size());
    EXPECT_EQ(from.search->trials, carried().search->trials);
    EXPECT_LE(*from.search->first_rank, 3U);  // as many reach the second rung
    EXPECT_FALSE(from.search->runner_up.empty());
    EXPECT_TRUE(from.dev_unsteered);
    // And can be written.
    const testing::TemporaryFolder folder;
    write_control_vector(carried().vector, folder / "warm-vector.gguf");
    write_control_set(carried().controls, folder / "warm-vector.controls.gguf");
    EXPECT_EQ(read_control_vector(folder / "warm-vector.gguf").layers[0].offset, carried().vector.layers[0].offset);
}

/// Of one source layer and fit, all maps to several target layers together.
std::size_t together(const MapSet& set) {
    std::map<std::pair<LayerIndex, FitKind>, std::size_t> alike;
    for (const MapEntry& entry : set.entries) ++alike[{entry.source_layer, entry.kind}];
    return static_cast<std::size_t>(std::ranges::count_if(alike, [](const auto& of) { return of.second > 1; }));
}

TEST(Transplant, TheSearchLooksAtEveryMapAndKeepsTheBudget) {
    ASSERT_GT(together(maps()), 0U);
    EXPECT_EQ(carried().candidates.size(), 2 * (maps().entries.size() + together(maps())))
        << "by a mean and by a probe";
    ASSERT_TRUE(carried().search);
    const SearchResult& search = *carried().search;
    EXPECT_LE(search.kl_nats, 0.5);
    EXPECT_NEAR(kl_of(carried().vector), search.kl_nats, 0.02 * search.kl_nats + 1e-4);
    EXPECT_EQ(*carried().vector.provenance->kl_nats, search.kl_nats);
    const SearchCandidate& best = carried().candidates[search.best.candidate];
    ASSERT_EQ(carried().vector.layers.size(), best.layers.size());
    EXPECT_EQ(carried().vector.layers[0].layer, best.layers[0].layer);
    EXPECT_NEAR(cosine(carried().vector.layers[0].offset, best.layers[0].direction), 1, 1e-6);
    EXPECT_NEAR(total_dose(carried().vector.layers), search.best.dose, 1e-9);
}

TEST(Transplant, WhatIsGivenIsNotSearched) {
    const Task development = testing::task(1);
    TransplantRequest request = transplant_request();
    request.target_layers = {LayerIndex{3}};
    request.fit = FitKind::paper;
    request.dose = -0.2;
    const TransplantResult result = carry(request, &development);
    for (const SearchCandidate& candidate : result.candidates) EXPECT_EQ(layer_set(candidate), LayerSet{LayerIndex{3}});
    EXPECT_EQ(result.vector.layers[0].dose, -0.2);
    EXPECT_EQ(result.vector.provenance->fit, "paper");
    EXPECT_LT(
        cosine(result.vector.layers[0].offset, result.candidates[result.search->best.candidate].layers[0].direction),
        0);
}

TEST(Transplant, TheConceptsAlternativesStandForChoice) {
    const std::vector<SearchCandidate>& candidates = carried().candidates;
    const std::size_t n = candidates.size() / 2;
    for (std::size_t c = 0; c < n; ++c) {
        EXPECT_EQ(candidates[c].refinement, 0U);
        EXPECT_EQ(candidates[n + c].refinement, 1U);
        EXPECT_EQ(candidates[n + c].label, candidates[c].label + ", probe/last");
        EXPECT_EQ(layer_set(candidates[n + c]), layer_set(candidates[c]));
    }
    const MapEntry& entry = maps().entries.front();
    EXPECT_EQ(candidates[n].layers[0].direction,
              entry.map.map_direction(source_concept().at(entry.source_layer, 1).direction));
}

TEST(Transplant, AnAlternativeThatDoesBetterIsTaken) {
    // The mean's direction turned round does as badly as can be on what the alternative then is good at.
    ConceptVector turned = source_concept();
    turned.alternatives[0].layers = turned.layers;
    for (ConceptLayer& layer : turned.layers) {
        for (float& x : layer.direction) x = -x;
    }
    ConceptVector mean_alone = source_concept();
    mean_alone.alternatives.clear();
    Task development = testing::task(1);
    for (TaskItem& item : development.items) item.answer = 0;  // what warmth raises, on every item
    const auto carry_concept = [&](const ConceptVector& vector) {
        return transplant(vector, maps(), tiny_target_model(), &development, transplant_request(), {});
    };
    const TransplantResult plain = carry_concept(mean_alone);
    ASSERT_GT(rank_score(plain.search->outcome), *plain.vector.provenance->dev_unsteered + 0.25) << "nothing to lose";
    const TransplantResult result = carry_concept(turned);
    EXPECT_EQ(result.candidates[result.search->best.candidate].refinement, 1U);
    EXPECT_EQ(result.vector.provenance->method, "probe/last") << "as it says of itself";
    for (const ControlDirection& control : result.controls.directions) {
        if (control.kind == Kind::shuffled_map) continue;
        EXPECT_EQ(to_string(*control.how), "probe/last");
    }
}

TEST(Transplant, WithAFitOrWithoutATaskTheConceptStandsAsItWasRefined) {
    const Task development = testing::task(1);
    TransplantRequest paper = transplant_request();
    paper.fit = FitKind::paper;
    for (const SearchCandidate& candidate : carry(paper, &development).candidates) EXPECT_EQ(candidate.refinement, 0U);
    for (const SearchCandidate& candidate : carry(transplant_request()).candidates) EXPECT_EQ(candidate.refinement, 0U);
}

TEST(Transplant, SeveralTargetLayersAskedForShareTheDose) {
    TransplantRequest request = transplant_request();
    request.target_layers = {LayerIndex{2}, LayerIndex{3}};
    request.fit = FitKind::token_plain;
    request.dose = 0.4;
    const TransplantResult result = carry(request);
    for (const SearchCandidate& candidate : result.candidates) EXPECT_EQ(layer_set(candidate), request.target_layers);
    ASSERT_EQ(result.vector.layers.size(), 2U);
    EXPECT_EQ(result.vector.layers[0].dose, 0.2);
    EXPECT_EQ(result.vector.layers[1].dose, 0.2);
    request.target_layers = {LayerIndex{1}, LayerIndex{3}};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"no map"}, [&] { (void)carry(request); }));
}

TEST(Transplant, WithoutATaskTheBestEvidenceIsTakenAtTheBudgetsDose) {
    const TransplantResult result = carry(transplant_request());
    const auto best =
        std::ranges::max_element(maps().entries, {}, [](const MapEntry& e) { return e.evidence.directional; });
    EXPECT_EQ(result.vector.provenance->chosen_by, "directional");
    EXPECT_EQ(result.vector.provenance->directional, best->evidence.directional);
    EXPECT_EQ(result.vector.provenance->fit, to_string(best->kind));
    const double kl = kl_of(result.vector);
    EXPECT_GT(kl, 0.5 * 0.8);
    EXPECT_LT(kl, 0.5 * 1.05);
}

/// The tiny target with words that a response can be told by.
const std::shared_ptr<const Model>& wordy_target() {
    static const testing::TemporaryFolder folder;
    static const std::shared_ptr<const Model> model = [] {
        testing::TinyModel tiny = testing::tiny_target();
        tiny.words = 150;
        return Model::load(write_tiny_model(folder / "wordy.gguf", tiny));
    }();
    return model;
}

/// The concept with the response that the target itself gives to a candidate.
ConceptVector answering_like(const SearchCandidate& candidate, double dose) {
    ConceptVector source = source_concept();
    const std::shared_ptr<const SteeringPlan> plan = plan_of(candidate, dose);
    ResponseMeter meter(wordy_target(), testing::neutral(1), {.texts = 0, .positions = 1, .threads = 1}, {});
    source.responses = meter.measure({&plan, 1}, {});
    return source;
}

TEST(Transplant, WithoutATaskTheOneThatAnswersLikeTheSourceIsTaken) {
    TransplantRequest request = transplant_request();
    request.identity = IdentityMismatch::allow;
    const std::vector<SearchCandidate> candidates = carry(transplant_request()).candidates;
    for (const std::size_t wanted : {std::size_t{0}, candidates.size() / 2, candidates.size() - 1}) {
        const ConceptVector source = answering_like(candidates[wanted], 0.4);
        const TransplantResult result = transplant(source, maps(), wordy_target(), nullptr, request, {});
        const TransplantProvenance& from = *result.vector.provenance;
        EXPECT_EQ(from.chosen_by, "agreement");
        ASSERT_EQ(result.vector.layers.size(), candidates[wanted].layers.size());
        EXPECT_NEAR(cosine(result.vector.layers[0].offset, candidates[wanted].layers[0].direction), 1, 1e-5) << wanted;
        ASSERT_TRUE(from.agreement);
        EXPECT_GT(from.agreement->carried, 0.9);
        EXPECT_LT(*from.agreement->shuffled_map, from.agreement->carried - 0.1);
        EXPECT_LT(*from.agreement->shuffled_labels, from.agreement->carried - 0.1);
        EXPECT_FALSE(from.search);
    }
}

/// Items whose answer is the choice that a vector makes likeliest.
Task answered_by(const SearchCandidate& candidate, double dose) {
    Task items = testing::task(1);
    TaskScorer scorer(wordy_target(), items, 1);
    const std::vector<ItemScores> scores = scorer.score_all(plan_of(candidate, dose), {});
    for (std::size_t i = 0; i < items.items.size(); ++i) {
        const std::vector<double>& choices = scores[i].choice_log_likelihood;
        items.items[i].answer = static_cast<std::size_t>(std::ranges::max_element(choices) - choices.begin());
    }
    return items;
}

TEST(Transplant, WithATaskOnlyWhatAnswersLikeTheSourceStandsForChoice) {
    TransplantRequest request = transplant_request();
    request.identity = IdentityMismatch::allow;
    const SearchCandidate liked = carry(transplant_request()).candidates.front();
    ConceptVector source = answering_like(liked, 0.4);
    source.alternatives.clear();
    // What the task asks for is what the same direction does turned round.
    const Task opposite = answered_by(liked, -0.8);
    const TransplantResult free = transplant(source_concept(), maps(), wordy_target(), &opposite, request, {});
    const TransplantResult held = transplant(source, maps(), wordy_target(), &opposite, request, {});
    EXPECT_FALSE(free.search->agreeing);
    EXPECT_TRUE(free.controls.responses.empty());
    ASSERT_TRUE(held.search->agreeing);
    EXPECT_LT(*held.search->agreeing, held.candidates.size());
    EXPECT_EQ(held.vector.provenance->search->agreeing, held.search->agreeing);
    EXPECT_GE(held.vector.provenance->agreement->carried, 0.2);
    EXPECT_EQ(held.controls.responses, source.responses) << "what the torn map's are held to";
    TransplantRequest paper = request;
    paper.fit = FitKind::paper;
    const TransplantResult compared = transplant(source, maps(), wordy_target(), &opposite, paper, {});
    EXPECT_FALSE(compared.search->agreeing) << "a method to compare need not agree";
    EXPECT_TRUE(compared.controls.responses.empty());
}

TEST(Transplant, TheTornMapsSearchIsHeldToTheSourceToo) {
    TransplantRequest request = transplant_request();
    request.identity = IdentityMismatch::allow;
    const SearchCandidate liked = carry(transplant_request()).candidates.front();
    const Task development = answered_by(liked, 0.8);
    const ConceptVector source = answering_like(liked, 0.4);
    const TransplantResult held = transplant(source, maps(), wordy_target(), &development, request, {});
    EvaluateRequest judged = testing::evaluate_request();
    judged.dev_task = development;
    judged.native_pairs.reset();
    judged.controls = {
        .shuffled_map = true, .shuffled_labels = false, .random_covariance = false, .random_isotropic = false};
    const auto note_of = [&](const ControlSet& controls) {
        const EvaluationReport report = evaluate(wordy_target(), {{held.vector, controls}}, judged, {});
        return find_result(report, "task-2", "shuffled-map")->note;
    };
    EXPECT_NE(note_of(held.controls).find("source"), std::string::npos);
    ControlSet older = held.controls;
    older.responses.clear();
    EXPECT_EQ(note_of(older).find("source"), std::string::npos);
}

TEST(Agreement, EachRefinementIsComparedWithItsOwnResponse) {
    const SearchCandidate one = carry(transplant_request()).candidates.front();
    SearchCandidate other = carry(transplant_request()).candidates.back();
    other.refinement = 1;
    const std::vector<WordResponse> responses = {*answering_like(one, 0.4).response(),
                                                 *answering_like(other, 0.4).response()};
    const auto measure = [&](std::span<const WordResponse> source) {
        AgreementMeter meter(source, wordy_target(), testing::neutral(1), 16, 1, {});
        const std::vector<SearchCandidate> candidates = {one, other};
        const std::vector<Trial> trials = {{1, 0.4}, {0, 0.4}};
        return meter.measure(candidates, trials, {}).value();
    };
    for (const double value : measure(responses)) EXPECT_GT(value, 0.9);
    EXPECT_LT(measure(std::span(responses).first(1))[0], 0.9) << "by the first one's response alone";
}

TEST(Transplant, WritesTheControlsBeside) {
    const ControlSet& controls = carried().controls;
    EXPECT_EQ(controls.target, tiny_target_model()->identity());
    std::size_t of_candidates = 0;
    for (const SearchCandidate& candidate : carried().candidates) of_candidates += candidate.layers.size();
    EXPECT_EQ(std::ranges::count(controls.directions, Kind::shuffled_map, &ControlDirection::kind),
              static_cast<std::ptrdiff_t>(of_candidates));
    EXPECT_EQ(std::ranges::count(controls.directions, Kind::shuffled_labels, &ControlDirection::kind),
              static_cast<std::ptrdiff_t>(4 * carried().vector.layers.size()));
    for (std::size_t i = 0; i < maps().entries.size(); ++i) {
        const MapEntry& entry = maps().entries[i];
        EXPECT_EQ(controls.directions[i].direction,
                  entry.shuffled.map_direction(source_concept().at(entry.source_layer).direction));
        EXPECT_EQ(controls.directions[i].how, source_concept().refinement(0));
        EXPECT_EQ(controls.directions[i].fit, to_string(entry.kind));
    }
    EXPECT_EQ(refinements_of(controls),
              (std::vector<Refinement>{source_concept().refinement(0), source_concept().refinement(1)}));
    const ControlDirection& label = controls.directions.back();
    EXPECT_EQ(label.target_layer, carried().vector.layers.back().layer);
    EXPECT_EQ(label.sigma, carried().vector.layers.back().sigma);
    EXPECT_EQ(label.group, 3U);
}

TEST(Transplant, TheSameSeedGivesTheSameVector) {
    const Task development = testing::task(1);
    const TransplantResult again = carry(transplant_request(), &development);
    EXPECT_EQ(again.vector.layers[0].offset, carried().vector.layers[0].offset);
    EXPECT_EQ(again.search->kl_nats, carried().search->kl_nats);
    EXPECT_EQ(again.search->outcome.smooth, carried().search->outcome.smooth);
}

TEST(Transplant, ALayerOrFitThatNoMapHasIsNamed) {
    TransplantRequest request = transplant_request();
    request.target_layers = {LayerIndex{1}};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"no map", "token-plain"}, [&] { (void)carry(request); }));
}

// Fewer rows than dimensions: minimum-norm least squares meets every one of them, so that the difference of the classes
// is carried to the target's own, whatever the models know. These two are random.
TEST(Transplant, AMapOfTheConceptsOwnTextsIsTheNativeVectorByAlgebraAndRefused) {
    const ContrastPairs pairs = testing::warm_and_cold();
    std::vector<std::string> own;
    for (const Text& text : pairs.positive) own.push_back(std::get<std::string>(text));
    for (const Text& text : pairs.negative) own.push_back(std::get<std::string>(text));
    ASSERT_LT(own.size(), tiny_source_model()->d_model());
    const MapSet leaking = build_map(tiny_source_model(), tiny_target_model(), own, testing::map_request(), {});
    TransplantRequest request = given();
    request.fit = FitKind::paper;
    request.source_layer = paper_entry(leaking).source_layer;
    request.target_layers = {paper_entry(leaking).target_layer};
    const auto carry_leak = [&] {
        return transplant(source_concept(), leaking, tiny_target_model(), nullptr, request, {});
    };
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"by algebra"}, [&] { (void)carry_leak(); }));
    request.leak = LeakPolicy::allow;
    const ConceptVector native = refine_concept(tiny_target_model(), pairs, testing::refine_request(1), {});
    const std::span<const float> own_direction = native.at(request.target_layers.front()).direction;
    EXPECT_GT(cosine(carry_leak().vector.layers[0].offset, own_direction), 0.99);
    // The same concept through a map of other texts does nothing of the kind.
    EXPECT_LT(std::abs(cosine(carry(request).vector.layers[0].offset, own_direction)), 0.5);
}

TEST(Transplant, ACorpusThatHoldsConceptTextsIsRefusedUnlessAllowed) {
    std::vector<std::string> leaky = testing::corpus();
    for (std::size_t i = 0; i < 2; ++i) leaky.push_back(std::get<std::string>(testing::warm_and_cold().positive[i]));
    const MapSet leaking = build_map(tiny_source_model(), tiny_target_model(), leaky, testing::map_request(), {});
    TransplantRequest request = transplant_request();
    const auto carry_leak = [&] {
        return transplant(source_concept(), leaking, tiny_target_model(), nullptr, request, {});
    };
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"warm", "corpus", "--allow-leak"}, [&] { (void)carry_leak(); }));
    request.leak = LeakPolicy::allow;
    EXPECT_EQ(carry_leak().vector.layers.size(), 1U);
}

std::shared_ptr<const Model> another_source() {
    static const testing::TemporaryFolder folder;
    testing::TinyModel model = testing::tiny_source();
    model.name = "Impostor";
    model.seed = 99;
    return Model::load(write_tiny_model(folder / "impostor.gguf", model));
}

TEST(Transplant, AConceptOfAnotherModelIsRefusedUnlessAllowed) {
    const ConceptVector foreign =
        refine_concept(another_source(), testing::warm_and_cold(), testing::refine_request(2), {});
    TransplantRequest request = transplant_request();
    const auto carry_foreign = [&] { return transplant(foreign, maps(), tiny_target_model(), nullptr, request, {}); };
    EXPECT_TRUE(throws_error(ErrorKind::model, {"Tiny source", "Impostor", "--force"}, [&] { (void)carry_foreign(); }));
    request.identity = IdentityMismatch::allow;
    EXPECT_EQ(carry_foreign().vector.layers.size(), 1U);
}

TEST(Transplant, AnotherTargetIsRefused) {
    EXPECT_TRUE(throws_error(ErrorKind::model, {"map", "Tiny target", "Tiny source"}, [&] {
        (void)transplant(source_concept(), maps(), tiny_source_model(), nullptr, transplant_request(), {});
    }));
}

ConceptVector target_concept() {
    return refine_concept(tiny_target_model(), testing::warm_and_cold(), testing::refine_request(3), {});
}

TEST(PlaceNative, SearchesTheMiddleOfTheTargetItself) {
    const Task development = testing::task(1);
    const ConceptVector native = target_concept();
    const TransplantResult result = place_native(native, tiny_target_model(), &development, transplant_request(), {});
    std::vector<LayerSet> layers;
    for (const SearchCandidate& candidate : result.candidates) layers.push_back(layer_set(candidate));
    EXPECT_EQ(layers, (std::vector<LayerSet>{{LayerIndex{2}}, {LayerIndex{3}}}));
    const ControlLayer& layer = result.vector.layers[0];
    EXPECT_NEAR(cosine(layer.offset, native.at(layer.layer).direction), 1, 1e-6);
    EXPECT_NEAR(norm(std::span<const float>(layer.offset)) / layer.sigma, layer.dose, 1e-4);
    EXPECT_EQ(result.vector.provenance->fit, "native");
    EXPECT_LE(result.search->kl_nats, 0.5);
    EXPECT_EQ(result.controls.directions.size(), 3U);
    for (const ControlDirection& control : result.controls.directions) EXPECT_EQ(control.kind, Kind::shuffled_labels);
}

TEST(PlaceNative, TakesTheLayerAndDoseAskedFor) {
    TransplantRequest request = transplant_request();
    request.target_layers = {LayerIndex{1}};
    request.dose = 0.3;
    const TransplantResult result = place_native(target_concept(), tiny_target_model(), nullptr, request, {});
    EXPECT_EQ(result.vector.layers[0].layer, LayerIndex{1});
    EXPECT_EQ(result.vector.layers[0].dose, 0.3);
    EXPECT_EQ(result.vector.provenance->chosen_by, "given");
}

TEST(PlaceNative, SeveralLayersAskedForShareTheDose) {
    TransplantRequest request = transplant_request();
    request.target_layers = {LayerIndex{1}, LayerIndex{3}};
    request.dose = 0.4;
    const TransplantResult result = place_native(target_concept(), tiny_target_model(), nullptr, request, {});
    ASSERT_EQ(result.vector.layers.size(), 2U);
    EXPECT_EQ(result.vector.layers[1].dose, 0.2);
    EXPECT_EQ(result.controls.directions.size(), 6U);
}

TEST(PlaceNative, RefusesWhatNeedsAMapAndOtherModels) {
    TransplantRequest request = transplant_request();
    EXPECT_TRUE(throws_error(ErrorKind::model, {"without a map", "Tiny source"},
                             [&] { (void)place_native(source_concept(), tiny_target_model(), nullptr, request, {}); }));
    request.fit = FitKind::paper;
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"needs a map"},
                             [&] { (void)place_native(target_concept(), tiny_target_model(), nullptr, request, {}); }));
    request.fit.reset();
    request.target_layers = {LayerIndex{4}};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer"},
                             [&] { (void)place_native(target_concept(), tiny_target_model(), nullptr, request, {}); }));
}

}  // namespace
}  // namespace contrans
