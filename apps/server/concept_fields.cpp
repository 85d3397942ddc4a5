#include "apps/server/concept_fields.h"

#include <string>

#include "apps/server/model_name.h"
#include "apps/server/request_error.h"

namespace contrans::server {
namespace {

constexpr double kLargestDose = 1e6;  // sizes beyond are typing errors, whatever the rule of doses
constexpr std::uint64_t kLastPosition = 1'000'000'000;

std::string required_concept_name(const FieldReader& fields, const char* key) {
    const std::string name = fields.required_text(key);
    require_concept_name(name, fields.path(key));
    return name;
}

SteeringOperator operator_from(const FieldReader& fields) {
    return operator_named(fields.word("operator", {"add", "project_out", "add_keeping_norm", "clamp"}).value_or("add"));
}

TokenRange tokens_from(const FieldReader& fields) {
    return tokens_named(fields.word("tokens", {"prompt", "generated", "both"}).value_or("both"));
}

std::optional<GateChoice> gate_from(const FieldReader& fields) {
    const std::optional<FieldReader> gate = fields.object("gate");
    if (!gate) return {};
    gate->refuse_others({"name", "threshold"});
    const auto threshold = gate->number("threshold", {-kLargestDose, kLargestDose});
    if (!threshold) gate->fail("threshold", "is missing");
    return GateChoice{required_concept_name(*gate, "name"), *threshold};
}

ConceptChoice choice_from(const FieldReader& fields) {
    fields.refuse_others({"name", "dose", "operator", "tokens", "after", "gate"});
    ConceptChoice choice;
    choice.name = required_concept_name(fields, "name");
    choice.dose = fields.number("dose", {-kLargestDose, kLargestDose});
    choice.op = operator_from(fields);
    choice.tokens = tokens_from(fields);
    choice.after = static_cast<std::size_t>(fields.whole("after", {0, kLastPosition}).value_or(0));
    choice.gate = gate_from(fields);
    return choice;
}

ConceptChoice choice_from(const Json& json, const std::string& path) {
    if (!json.is_string()) return choice_from(FieldReader(json, path));
    require_concept_name(json.get_ref<const std::string&>(), path);
    return {.name = json.get<std::string>()};
}

}  // namespace

SteeringOperator operator_named(std::string_view word) {
    if (word == "project_out") return SteeringOperator::project_out;
    if (word == "add_keeping_norm") return SteeringOperator::add_keeping_norm;
    return word == "clamp" ? SteeringOperator::clamp : SteeringOperator::add;
}

TokenRange tokens_named(std::string_view word) {
    if (word == "prompt") return TokenRange::prompt;
    return word == "generated" ? TokenRange::generated : TokenRange::both;
}

std::vector<ConceptChoice> concepts_from(const FieldReader& body) {
    const Json* list = body.list("concepts", kMostConcepts);
    std::vector<ConceptChoice> choices;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        choices.push_back(choice_from((*list)[i], body.path("concepts") + "[" + std::to_string(i) + "]"));
    }
    return choices;
}

std::vector<ConceptChoice> joined(std::vector<ConceptChoice> of_model_name, const std::vector<ConceptChoice>& of_body) {
    of_model_name.insert(of_model_name.end(), of_body.begin(), of_body.end());
    if (of_model_name.size() > kMostConcepts)
        throw bad_field("concepts", "more than 16 with those of the model's name");
    return of_model_name;
}

}  // namespace contrans::server
