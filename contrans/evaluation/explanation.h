#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "contrans/core/layer_index.h"

namespace contrans {

/// What steering changes in one layer's states over neutral texts, all positions but the first. Lengths are in units
/// of the layer's own spread σ (DESIGN §4). v̂ is the unit vector of the steered layer at or nearest below this one, the
/// lowest steered one's where there is none.
struct LayerChange {
    LayerIndex layer;
    double sigma = 0;   ///< root mean square of ‖h − mean h‖, unsteered
    double change = 0;  ///< root mean square of ‖h' − h‖
    double along = 0;   ///< mean of (h' − h)·v̂
    double usual = 0;   ///< root mean square of (h − mean h)·v̂: how far the model goes that way by itself
};

/// A steered layer by itself.
struct LayerShare {
    LayerIndex layer;
    double dose = 0;
    double share = 0;  ///< r_l·r / r·r, r the changes of all words' log-probabilities by the whole vector, r_l by this
                       ///< layer alone: they sum to 1 where layers add up
};

/// A word and the mean change of its log-probability.
struct WordChange {
    std::string word;
    double change = 0;  ///< nats
};

/// A token of a text and how far its state lies along the concept, as doses: from the mean neutral state, in σ.
struct TokenProjection {
    std::string token;
    double unsteered = 0;
    double steered = 0;
};

/// What a vector does inside the model.
struct Explanation {
    std::string vector;
    std::vector<LayerChange> layers;     ///< all but the last block, rising
    std::vector<LayerShare> shares;      ///< the steered layers
    std::vector<WordChange> promoted;    ///< the most first
    std::vector<WordChange> suppressed;  ///< the most first
    LayerIndex shown_layer;              ///< where texts are coloured: the deepest steered
    std::vector<std::vector<TokenProjection>> texts;
};

/// {"vector", "layers", "shares", "promoted", "suppressed", "shown_layer", "texts"}
[[nodiscard]] std::string explanation_to_json(const Explanation& explanation);

/// One page that needs no network: a chart over the layers, the words, and the texts coloured by projection.
[[nodiscard]] std::string render_explanation_html(const Explanation& explanation);

}  // namespace contrans
