#include "contrans/registry/artefact_description.h"

#include <array>
#include <optional>
#include <utility>

#include "contrans/concepts/concept_vector_file.h"
#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/report_json.h"
#include "contrans/mapping/map_file.h"
#include "contrans/transplant/control_set_file.h"
#include "contrans/transplant/control_vector_file.h"

namespace contrans {
namespace {

constexpr std::array<std::pair<ArtefactKind, const char*>, 5> kNames = {{{ArtefactKind::concept_vector, "concept"},
                                                                         {ArtefactKind::map, "map"},
                                                                         {ArtefactKind::vector, "vector"},
                                                                         {ArtefactKind::controls, "controls"},
                                                                         {ArtefactKind::report, "report"}}};

NamedModel named(const ModelIdentity& model) { return {model.fingerprint, model.name}; }

ArtefactDescription describe_concept(const std::filesystem::path& file) {
    const ConceptVector vector = read_concept_vector(file);
    return {
        ArtefactKind::concept_vector,
        named(vector.source),
        {},
        {{"name", vector.name},
         {"method", describe_refinements(vector)},
         {"texts", std::to_string(vector.n_positive) + " positive, " + std::to_string(vector.n_negative) + " negative"},
         {"suggested layer", std::to_string(vector.suggested_layer.value)}}};
}

ArtefactDescription describe_map(const std::filesystem::path& file) {
    const MapSet maps = read_map_set(file);
    return {ArtefactKind::map,
            named(maps.source),
            named(maps.target),
            {{"maps", std::to_string(maps.entries.size())},
             {"texts", std::to_string(maps.n_texts)},
             {"derivation", maps.derivation.empty() ? "fitted" : maps.derivation}}};
}

std::string layers_of(const ControlVector& vector) {
    std::string text;
    for (const ControlLayer& layer : vector.layers) {
        text += (text.empty() ? "" : ", ") + std::to_string(layer.layer.value);
        if (layer.dose != 0) text += " at dose " + fixed(layer.dose, 3);
    }
    return text;
}

void add_number(std::vector<ArtefactFact>& facts, const char* name, std::optional<double> value) {
    if (value) facts.push_back({name, fixed(*value, 3)});
}

void add_provenance(ArtefactDescription& description, const TransplantProvenance& from) {
    description.source = named(from.source);
    std::vector<ArtefactFact>& facts = description.facts;
    facts.push_back({"concept", from.concept_name});
    facts.push_back({"method", from.method});
    facts.push_back({"source layer", std::to_string(from.source_layer.value)});
    facts.push_back({"fit", from.fit});
    facts.push_back({"chosen by", from.chosen_by});
    add_number(facts, "held-out R2", from.held_out_r2);
    add_number(facts, "development value", from.dev_value);
    add_number(facts, "unsteered", from.dev_unsteered);
    add_number(facts, "damage in nat", from.kl_nats);
    facts.push_back({"made by", "contrans " + from.tool_version});
}

ArtefactDescription describe_vector(const std::filesystem::path& file) {
    const ControlVector vector = read_control_vector(file);
    ArtefactDescription description{ArtefactKind::vector, {}, {}, {{"layers", layers_of(vector)}}};
    if (vector.target) description.target = named(*vector.target);
    if (vector.provenance) add_provenance(description, *vector.provenance);
    if (vector.combination) {
        for (const std::string& part : vector.combination->parts)
            description.facts.push_back({vector.combination->how, part});
    }
    return description;
}

ArtefactDescription describe_controls(const std::filesystem::path& file) {
    const ControlSet controls = read_control_set(file);
    return {ArtefactKind::controls,
            {},
            named(controls.target),
            {{"directions", std::to_string(controls.directions.size())}}};
}

ArtefactDescription describe_report(const std::filesystem::path& file) {
    const EvaluationReport report = read_report(file);
    ArtefactDescription description{ArtefactKind::report, {}, named(report.target), {}};
    if (report.source) description.source = named(*report.source);
    for (const Verdict& verdict : report.verdicts)
        description.facts.push_back({verdict.vector + " on " + verdict.task, verdict.text});
    description.facts.push_back({"made by", "contrans " + report.provenance.tool_version});
    return description;
}

}  // namespace

std::string to_string(ArtefactKind kind) {
    for (const auto& [each, name] : kNames) {
        if (each == kind) return name;
    }
    return "";
}

ArtefactKind parse_artefact_kind(const std::string& name) {
    for (const auto& [kind, each] : kNames) {
        if (each == name) return kind;
    }
    throw Error(ErrorKind::argument,
                "artefact: a kind is concept, map, vector, controls or report, got " + in_quotes(name));
}

ArtefactDescription describe_artefact(const std::filesystem::path& file) {
    if (file.extension() == ".json") return describe_report(file);
    const ArtefactReader reader(file);
    const std::string kind = reader.has("general.architecture") ? reader.get_string("general.architecture") : "";
    if (kind == "contrans-concept") return describe_concept(file);
    if (kind == "contrans-map") return describe_map(file);
    if (kind == "controlvector") return describe_vector(file);
    if (kind == "contrans-controls") return describe_controls(file);
    reader.reject("general.architecture",
                  "a registry takes concepts, maps, control vectors, their controls and reports", in_quotes(kind));
}

}  // namespace contrans
