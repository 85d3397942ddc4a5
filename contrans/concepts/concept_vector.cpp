#include "contrans/concepts/concept_vector.h"

#include <algorithm>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {

std::string to_string(RefineMethod method) {
    switch (method) {
        case RefineMethod::pca:
            return "pca";
        case RefineMethod::probe:
            return "probe";
        default:
            return "mean";
    }
}

std::string to_string(TextPosition position) { return position == TextPosition::last ? "last" : "mean"; }

RefineMethod parse_refine_method(const std::string& name) {
    for (const RefineMethod method : {RefineMethod::mean, RefineMethod::pca, RefineMethod::probe}) {
        if (name == to_string(method)) return method;
    }
    throw Error(ErrorKind::argument, "refinement method: must be mean, pca or probe (got " + in_quotes(name) + ")");
}

TextPosition parse_text_position(const std::string& name) {
    for (const TextPosition position : {TextPosition::last, TextPosition::mean}) {
        if (name == to_string(position)) return position;
    }
    throw Error(ErrorKind::argument, "text position: must be last or mean (got " + in_quotes(name) + ")");
}

const ConceptLayer& ConceptVector::at(LayerIndex layer) const {
    const auto found = std::ranges::find(layers, layer, &ConceptLayer::layer);
    if (found != layers.end()) return *found;
    std::string known;
    for (const ConceptLayer& one : layers) known += (known.empty() ? "" : ", ") + std::to_string(one.layer.value);
    throw Error(ErrorKind::argument, "concept " + in_quotes(name) + ": layer must be one of " + known + " (got " +
                                         std::to_string(layer.value) + ")");
}

}  // namespace contrans
