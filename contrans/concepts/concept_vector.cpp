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

std::string to_string(const Refinement& refinement) {
    return to_string(refinement.method) + "/" + to_string(refinement.position);
}

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

Refinement parse_refinement(const std::string& name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return {.method = parse_refine_method(name)};
    return {parse_refine_method(name.substr(0, slash)), parse_text_position(name.substr(slash + 1))};
}

const ConceptLayer& ConceptVector::at(LayerIndex layer, std::size_t refinement) const {
    const std::vector<ConceptLayer>& of = refinement == 0 ? layers : alternatives.at(refinement - 1).layers;
    const auto found = std::ranges::find(of, layer, &ConceptLayer::layer);
    if (found != of.end()) return *found;
    std::string known;
    for (const ConceptLayer& one : layers) known += (known.empty() ? "" : ", ") + std::to_string(one.layer.value);
    throw Error(ErrorKind::argument, "concept " + in_quotes(name) + ": layer must be one of " + known + " (got " +
                                         std::to_string(layer.value) + ")");
}

std::vector<std::string> alternative_names(const ConceptVector& vector) {
    std::vector<std::string> names;
    for (const AlternativeRefinement& alternative : vector.alternatives) names.push_back(to_string(alternative.how));
    return names;
}

std::string describe_refinements(const ConceptVector& vector) {
    std::string text = to_string(vector.how);
    for (const std::string& name : alternative_names(vector)) text += ", also " + name;
    return text;
}

}  // namespace contrans
