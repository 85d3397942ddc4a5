#include "contrans/transplant/vector_combination.h"

#include <cstdio>

namespace contrans {
namespace {

std::string layer_text(const ControlLayer& layer) {
    std::string text = " at " + std::to_string(layer.layer.value);
    if (layer.dose == 0) return text;
    char dose[32];
    std::snprintf(dose, sizeof dose, " dose %.3f", layer.dose);
    return text + dose;
}

std::string origin_text(const TransplantProvenance& from) {
    return ": " + from.concept_name + " from " + describe(from.source) + " layer " +
           std::to_string(from.source_layer.value) + ", " + from.fit + ",";
}

}  // namespace

std::string describe_part(const ControlVector& vector) {
    std::string text = vector.name + (vector.provenance ? origin_text(*vector.provenance) : "");
    for (const ControlLayer& layer : vector.layers) text += layer_text(layer);
    return text;
}

}  // namespace contrans
