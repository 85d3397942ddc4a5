#include "contrans/harvest/harvester.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/harvest/mean_pool.h"
#include "contrans/harvest/read_states.h"

namespace contrans {
namespace {

void run(const std::shared_ptr<const Model>& model, std::span<const SequenceRequest> requests,
         const HarvestOptions& options, const SequenceSink& sink, const RunContext& context) {
    context.begin("read " + model->identity().name, "texts", requests.size());
    read_states(model, requests, options, sink, context);
    context.end();
}

std::vector<SequenceRequest> tokenise_all(const Model& model, std::span<const Text> texts) {
    std::vector<SequenceRequest> requests;
    requests.reserve(texts.size());
    for (const Text& text : texts) requests.push_back({model.tokenizer().tokenise_text(text), {}, nullptr});
    return requests;
}

bool is_poolable(const SequenceRequest& request) { return request.tokens.size() >= 2; }

void require_poolable(std::span<const SequenceRequest> requests) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (!is_poolable(requests[i])) {
            throw Error(ErrorKind::argument, "harvest: text " + std::to_string(i + 1) +
                                                 " has one token; a mean over all tokens but the first needs two");
        }
    }
}

void require_finite_states(const TextStates& states) {
    for (std::size_t l = 0; l < states.layers.size(); ++l) {
        for (std::size_t t = 0; t < states.states[l].rows(); ++t)
            require_finite_state(states.states[l].row(t), states.layers[l], t);
    }
}

}  // namespace

std::vector<LayerIndex> all_but_last(std::size_t n_layers) {
    std::vector<LayerIndex> layers;
    for (std::size_t k = 0; k + 1 < n_layers; ++k) layers.push_back({k});
    return layers;
}

bool have_means(const Model& model, std::span<const Text> texts) {
    return std::ranges::all_of(tokenise_all(model, texts), is_poolable);
}

TextStates harvest_texts(const std::shared_ptr<const Model>& model, std::span<const Text> texts, TextPosition position,
                         const HarvestOptions& options, const RunContext& context) {
    return std::move(harvest_texts(model, texts, std::set{position}, options, context).at(position));
}

std::map<TextPosition, TextStates> harvest_texts(const std::shared_ptr<const Model>& model, std::span<const Text> texts,
                                                 const std::set<TextPosition>& positions, const HarvestOptions& options,
                                                 const RunContext& context) {
    const std::vector<SequenceRequest> requests = tokenise_all(*model, texts);
    const bool wants_means = positions.contains(TextPosition::mean);
    const bool wants_last = positions.contains(TextPosition::last);
    if (wants_means) require_poolable(requests);
    MeanPool pool(wants_means ? options.layers.size() : 0, requests, model->d_model());
    std::vector<Matrix> last(wants_last ? options.layers.size() : 0, Matrix(texts.size(), model->d_model()));
    run(model, requests, options,
        {.observed = options.layers,
         .on_points =
             [&](LayerIndex layer, std::size_t text, std::size_t first, MatrixView points) {
                 const std::size_t l = index_of(options.layers, layer);
                 if (wants_means) pool.add(l, text, first, points);
                 const std::size_t end = requests[text].tokens.size() - 1;
                 if (wants_last && first <= end && end < first + points.rows)
                     std::ranges::copy(points.row(end - first), last[l].row(text).begin());
             },
         .on_logits = [](std::size_t, std::size_t, std::span<const float>) {}},
        context);
    std::map<TextPosition, TextStates> results;
    if (wants_last) results[TextPosition::last] = {options.layers, std::move(last)};
    if (wants_means) {
        TextStates& means = results[TextPosition::mean];
        means.layers = options.layers;
        for (std::size_t l = 0; l < options.layers.size(); ++l) means.states.push_back(pool.mean(l));
    }
    for (const auto& [position, result] : results) require_finite_states(result);
    return results;
}

TokenStates harvest_tokens(const std::shared_ptr<const Model>& model, std::span<const TokenSelection> texts,
                           const HarvestOptions& options, const RunContext& context) {
    TokenStates result{.layers = options.layers, .states = {}, .first_row = {0}};
    std::vector<SequenceRequest> requests;
    for (const TokenSelection& text : texts) {
        result.first_row.push_back(result.first_row.back() + text.positions.size());
        requests.push_back({text.tokens, {}, nullptr});
    }
    result.states.assign(options.layers.size(), Matrix(result.first_row.back(), model->d_model()));
    run(model, requests, options,
        {.observed = options.layers,
         .on_points =
             [&](LayerIndex layer, std::size_t text, std::size_t first, MatrixView points) {
                 const std::vector<std::size_t>& wanted = texts[text].positions;
                 Matrix& states = result.states[index_of(options.layers, layer)];
                 auto position = std::lower_bound(wanted.begin(), wanted.end(), first);
                 for (; position != wanted.end() && *position < first + points.rows; ++position) {
                     const std::span<const float> point = points.row(*position - first);
                     require_finite_state(point, layer, text);
                     const auto row = result.first_row[text] + static_cast<std::size_t>(position - wanted.begin());
                     std::copy(point.begin(), point.end(), states.row(row).begin());
                 }
             },
         .on_logits = [](std::size_t, std::size_t, std::span<const float>) {}},
        context);
    return result;
}

TokenSelection all_but_first(std::vector<Token> tokens) {
    std::vector<std::size_t> positions(tokens.size() - 1);
    std::iota(positions.begin(), positions.end(), std::size_t{1});
    return {std::move(tokens), std::move(positions)};
}

}  // namespace contrans
