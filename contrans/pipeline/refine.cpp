#include "contrans/pipeline/refine.h"

#include <algorithm>

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

std::vector<Text> both_classes(const ContrastPairs& pairs) {
    std::vector<Text> texts = pairs.positive;
    texts.insert(texts.end(), pairs.negative.begin(), pairs.negative.end());
    return texts;
}

std::vector<std::uint64_t> shingles_of(std::span<const Text> texts) {
    std::vector<std::vector<std::uint64_t>> each;
    for (const Text& text : texts) each.push_back(shingles(plain_text(text)));
    return merge_shingles(each);
}

ConceptLayer refine_layer(LayerIndex layer, const Matrix& states, std::size_t n_positive, const RefineOptions& options,
                          const RefineRequest& request) {
    const MatrixView positive{states.data(), n_positive, states.cols()};
    const MatrixView negative{states.data() + n_positive * states.cols(), states.rows() - n_positive, states.cols()};
    return {layer, refine_direction(positive, negative, options),
            direction_quality(positive, negative, options, request.seed),
            refine_shuffled(positive, negative, options, {.draws = request.shuffled_draws, .seed = request.seed})};
}

LayerIndex suggest_layer(std::span<const ConceptLayer> layers) {
    const auto worth = [](const ConceptLayer& l) {
        return l.quality.held_out_auc * std::max(0.0, l.quality.split_half_cosine);
    };
    return std::max_element(layers.begin(), layers.end(),
                            [&](const ConceptLayer& a, const ConceptLayer& b) { return worth(a) < worth(b); })
        ->layer;
}

std::vector<LayerIndex> stored_but_last(const ActivationIndex& index) {
    std::vector<LayerIndex> layers = index.layers;
    if (layers.size() > 1 && layers.back().value + 1 == index.model.n_layers) layers.pop_back();
    return layers;
}

/// @param states  of the positive texts and then the negative ones
ConceptVector refine_states(const ModelIdentity& source, const ContrastPairs& pairs, const TextStates& states,
                            const RefineRequest& request, const RunContext& context) {
    ConceptVector vector;
    vector.name = request.name;
    vector.method = request.method;
    vector.position = request.position;
    vector.source = source;
    vector.n_positive = pairs.positive.size();
    vector.n_negative = pairs.negative.size();
    vector.text_shingles = shingles_of(both_classes(pairs));
    const RefineOptions options{.method = request.method, .pairing = pairs.pairing};
    context.begin("refine " + request.name, "layers", states.layers.size());
    for (std::size_t l = 0; l < states.layers.size(); ++l) {
        vector.layers.push_back(
            refine_layer(states.layers[l], states.states[l], pairs.positive.size(), options, request));
        context.advance(l + 1);
    }
    context.end();
    vector.suggested_layer = suggest_layer(vector.layers);
    return vector;
}

}  // namespace

ConceptVector refine_concept(const std::shared_ptr<const Model>& model, const ContrastPairs& pairs,
                             const RefineRequest& request, const RunContext& context) {
    const std::vector<LayerIndex> layers = request.layers.empty() ? all_but_last(model->n_layers()) : request.layers;
    require_shown_layers(model, layers);
    const TextStates states =
        harvest_texts(model, both_classes(pairs), request.position, {layers, request.threads}, context);
    ConceptVector vector = refine_states(model->identity(), pairs, states, request, context);
    if (request.response == ResponseWish::measure)
        vector.response = own_response(vector, model, request.threads, context);
    return vector;
}

ConceptVector refine_concept(const ActivationReader& store, const ContrastPairs& pairs, const RefineRequest& request,
                             const RunContext& context) {
    const std::vector<LayerIndex> layers = request.layers.empty() ? stored_but_last(store.index()) : request.layers;
    const TextStates states = stored_text_states(store, both_classes(pairs), request.position, layers);
    return refine_states(store.index().model, pairs, states, request, context);
}

}  // namespace contrans
