#include "contrans/pipeline/refine.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "contrans/concepts/pooled_states.h"
#include "contrans/concepts/quality.h"
#include "contrans/concepts/refinement.h"
#include "contrans/core/error.h"
#include "contrans/core/json_text.h"
#include "contrans/core/shingles.h"
#include "contrans/harvest/harvester.h"
#include "contrans/harvest/stored_states.h"
#include "contrans/pipeline/agreement.h"
#include "contrans/runtime/shown_layers.h"

namespace contrans {
namespace {

// Each is the best of some concept and texts, and others seldom are.
constexpr Refinement kUsual[] = {{RefineMethod::mean, TextPosition::last},
                                 {RefineMethod::mean, TextPosition::mean},
                                 {RefineMethod::probe, TextPosition::mean}};
// A probe of more costs minutes where states are wide, with a draw of shuffled labels for every layer.
constexpr std::size_t kMostProbedTexts = 1000;

std::vector<std::uint64_t> shingles_of(std::span<const Text> texts) {
    std::vector<std::vector<std::uint64_t>> each;
    for (const Text& text : texts) each.push_back(shingles(plain_text(text)));
    return merge_shingles(each);
}

enum class QualityWish { measure, none };

ConceptLayer refine_layer(LayerIndex layer, const Matrix& states, std::size_t n_positive, const RefineOptions& options,
                          QualityWish quality, const RefineRequest& request) {
    const auto [positive, negative] = split_classes(states.view(), n_positive);
    ConceptLayer result{layer, refine_direction(positive, negative, options), {}, {}};
    if (quality == QualityWish::measure) result.quality = direction_quality(positive, negative, options, request.seed);
    result.shuffled =
        refine_shuffled(positive, negative, options, {.draws = request.shuffled_draws, .seed = request.seed});
    return result;
}

/// Of the layers beyond the first quarter of the depth, where there are any: before that states tell words apart.
LayerIndex suggest_layer(std::span<const ConceptLayer> layers, std::size_t n_layers) {
    const auto worth = [n_layers](const ConceptLayer& l) {
        const bool deep = 4 * l.layer.value >= n_layers;
        return std::pair(deep, l.quality.held_out_auc * std::max(0.0, l.quality.split_half_cosine));
    };
    return std::ranges::max_element(layers, {}, worth)->layer;
}

std::vector<LayerIndex> stored_but_last(const ActivationIndex& index) {
    std::vector<LayerIndex> layers = index.layers;
    if (layers.size() > 1 && layers.back().value + 1 == index.model.n_layers) layers.pop_back();
    return layers;
}

/// States of the positive texts and then the negative ones, at each position.
using ReadTexts =
    std::function<std::map<TextPosition, TextStates>(std::span<const Text>, const std::set<TextPosition>&)>;

/// What concept texts say, read one way and another.
class Refiner {
public:
    Refiner(const ContrastPairs& pairs, const RefineRequest& request, const ReadTexts& read, const RunContext& context)
        : pairs_(pairs), request_(request), texts_(both_classes(pairs)), context_(context) {
        std::set<TextPosition> positions = {request.how.position};
        for (const Refinement& how : request.alternatives) positions.insert(how.position);
        states_ = read(texts_, positions);
    }

    [[nodiscard]] ConceptVector concept_of(const ModelIdentity& source) {
        ConceptVector vector;
        vector.name = request_.name;
        vector.how = request_.how;
        vector.source = source;
        vector.n_positive = pairs_.positive.size();
        vector.n_negative = pairs_.negative.size();
        vector.text_shingles = shingles_of(texts_);
        vector.layers = refine(request_.how, QualityWish::measure);
        vector.suggested_layer = suggest_layer(vector.layers, source.n_layers);
        for (const Refinement& how : request_.alternatives)
            vector.alternatives.push_back({how, refine(how, QualityWish::none)});
        return vector;
    }

private:
    std::vector<ConceptLayer> refine(const Refinement& how, QualityWish quality) {
        const TextStates& states = states_.at(how.position);
        const RefineOptions options{.method = how.method, .pairing = pairs_.pairing};
        std::vector<ConceptLayer> layers;
        context_.begin("refine " + request_.name + ", " + to_string(how), "layers", states.layers.size());
        for (std::size_t l = 0; l < states.layers.size(); ++l) {
            layers.push_back(
                refine_layer(states.layers[l], states.states[l], pairs_.positive.size(), options, quality, request_));
            context_.advance(l + 1);
        }
        context_.end();
        return layers;
    }

    const ContrastPairs& pairs_;
    const RefineRequest& request_;
    std::vector<Text> texts_;
    const RunContext& context_;
    std::map<TextPosition, TextStates> states_;
};

/// @param readable  whether texts can be read at a position
std::vector<Refinement> usual_beside(const Refinement& how, std::size_t n_texts,
                                     const std::function<bool(TextPosition)>& readable) {
    std::vector<Refinement> others;
    if (how.method != RefineMethod::mean) return others;
    for (const Refinement& other : kUsual) {
        if (other == how || !readable(other.position)) continue;
        if (other.method == RefineMethod::mean || n_texts <= kMostProbedTexts) others.push_back(other);
    }
    return others;
}

}  // namespace

std::vector<Refinement> usual_alternatives(const Model& model, const ContrastPairs& pairs, const Refinement& how) {
    const std::vector<Text> texts = both_classes(pairs);
    const bool means = have_means(model, texts);
    return usual_beside(how, texts.size(),
                        [means](TextPosition position) { return means || position == TextPosition::last; });
}

std::vector<Refinement> usual_alternatives(const ActivationReader& store, const ContrastPairs& pairs,
                                           const Refinement& how) {
    return usual_beside(how, pairs.positive.size() + pairs.negative.size(),
                        [&](TextPosition position) { return gives(store.index().position, position); });
}

ConceptVector refine_concept(const std::shared_ptr<const Model>& model, const ContrastPairs& pairs,
                             const RefineRequest& request, const RunContext& context) {
    const std::vector<LayerIndex> layers = request.layers.empty() ? all_but_last(model->n_layers()) : request.layers;
    require_shown_layers(model, layers);
    const auto read = [&](std::span<const Text> texts, const std::set<TextPosition>& positions) {
        return harvest_texts(model, texts, positions, {layers, request.threads}, context);
    };
    ConceptVector vector = Refiner(pairs, request, read, context).concept_of(model->identity());
    if (request.response == ResponseWish::measure)
        vector.responses = own_responses(vector, model, request.threads, context);
    return vector;
}

ConceptVector refine_concept(const ActivationReader& store, const ContrastPairs& pairs, const RefineRequest& request,
                             const RunContext& context) {
    const std::vector<LayerIndex> layers = request.layers.empty() ? stored_but_last(store.index()) : request.layers;
    const auto read = [&](std::span<const Text> texts, const std::set<TextPosition>& positions) {
        std::map<TextPosition, TextStates> states;
        for (const TextPosition position : positions)
            states[position] = stored_text_states(store, texts, position, layers);
        return states;
    };
    return Refiner(pairs, request, read, context).concept_of(store.index().model);
}

}  // namespace contrans
