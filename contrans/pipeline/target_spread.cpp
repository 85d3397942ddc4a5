#include "contrans/pipeline/target_spread.h"

#include <cmath>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/harvest/harvester.h"

namespace contrans {
namespace {

LayerSpread spread_of(LayerIndex layer, Matrix states) {
    std::vector<double> mean(states.cols(), 0.0);
    for (std::size_t r = 0; r < states.rows(); ++r) {
        for (std::size_t c = 0; c < states.cols(); ++c) mean[c] += static_cast<double>(states(r, c));
    }
    for (double& m : mean) m /= static_cast<double>(states.rows());
    double sum = 0;
    for (std::size_t r = 0; r < states.rows(); ++r) {
        for (std::size_t c = 0; c < states.cols(); ++c) {
            const double deviation = static_cast<double>(states(r, c)) - mean[c];
            sum += deviation * deviation;
            states(r, c) = static_cast<float>(deviation);
        }
    }
    return {layer, std::sqrt(sum / static_cast<double>(states.rows())), std::move(states)};
}

}  // namespace

std::vector<LayerSpread> measure_spread(const std::shared_ptr<const Model>& model, std::span<const std::string> texts,
                                        std::vector<LayerIndex> layers, std::size_t threads,
                                        const RunContext& context) {
    std::vector<TokenSelection> selections;
    for (const std::string& text : texts) {
        std::vector<Token> tokens = model->tokenizer().tokenise(text);
        if (tokens.size() > 1) selections.push_back(all_but_first(std::move(tokens)));
    }
    if (selections.empty()) throw Error(ErrorKind::argument, "spread: needs neutral texts of at least two tokens");
    TokenStates states = harvest_tokens(model, selections, {std::move(layers), threads}, context);
    std::vector<LayerSpread> spreads;
    for (std::size_t l = 0; l < states.layers.size(); ++l)
        spreads.push_back(spread_of(states.layers[l], std::move(states.states[l])));
    return spreads;
}

std::vector<float> draw_from_covariance(const LayerSpread& spread, std::mt19937_64& random) {
    std::normal_distribution<double> normal;
    std::vector<double> sum(spread.deviations.cols(), 0.0);
    for (std::size_t r = 0; r < spread.deviations.rows(); ++r) {
        const double weight = normal(random);
        for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += weight * static_cast<double>(spread.deviations(r, c));
    }
    return {sum.begin(), sum.end()};
}

std::vector<float> draw_isotropic(std::size_t d_model, std::mt19937_64& random) {
    std::normal_distribution<float> normal;
    std::vector<float> direction(d_model);
    for (float& x : direction) x = normal(random);
    return direction;
}

}  // namespace contrans
