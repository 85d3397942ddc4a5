#include "apps/cli/safety_summary.h"

#include <algorithm>

#include "contrans/core/error.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/safety.h"
#include "contrans/linalg/products.h"
#include "contrans/transplant/candidate.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What was found; `told` is whether anything but the vector's own name could tell.
struct Findings {
    std::vector<std::string> flags;
    std::vector<std::string> measured;
    Json cosines = Json::array();
    bool told = false;
};

void look_at_itself(const ControlVector& vector, Findings& found) {
    if (!vector.provenance) return;
    const auto safeguard = safeguard_of({vector.provenance->concept_name, "", "", 0, 0});
    const double dose = total_dose(vector.layers);
    if (safeguard && dose < 0)
        found.flags.push_back("steers away from " + to_string(*safeguard) + ": its concept is \"" +
                              vector.provenance->concept_name + "\", its dose " + fixed(dose, 3));
}

void look_at_report(const ControlVector& vector, const EvaluationReport& report, Findings& found) {
    if (vector.target && !(report.target == *vector.target)) return;
    for (const SafetyFlag& flag : safety_flags(report)) {
        if (flag.vector == vector.name) found.flags.push_back(flag.text);
    }
    for (const TaskSummary& task : report.tasks) {
        const ConditionResult* with = safeguard_of(task) ? find_vector(report, task.name, vector.name) : nullptr;
        if (with == nullptr) continue;
        found.told = true;
        found.measured.push_back(task.name + ": " + with->metric + " " +
                                 with_interval(with->value, with->low, with->high));
    }
}

double cosine(const ControlLayer& a, const ControlLayer& b) {
    const double lengths = norm(a.offset) * norm(b.offset);
    return lengths > 0 ? dot(a.offset, b.offset) / lengths : 0;
}

const ControlLayer* layer_of(const ControlVector& vector, LayerIndex layer) {
    const auto found = std::ranges::find(vector.layers, layer, &ControlLayer::layer);
    return found == vector.layers.end() ? nullptr : &*found;
}

void look_at_reference(const ControlVector& vector, const SafetyReference& reference, IdentityMismatch policy,
                       Findings& found) {
    if (vector.target && reference.vector.target)
        require_same_model("--against " + reference.file, *reference.vector.target, *vector.target, policy);
    bool shared = false;
    for (const ControlLayer& layer : vector.layers) {
        const ControlLayer* other = layer_of(reference.vector, layer.layer);
        if (other == nullptr || other->offset.size() != layer.offset.size()) continue;
        shared = true;
        const double value = cosine(layer, *other);
        found.cosines.push_back({{"against", reference.file}, {"layer", layer.layer.value}, {"cosine", value}});
        const std::string text =
            fixed(value) + " with " + reference.file + " at layer " + std::to_string(layer.layer.value);
        if (value <= kOpposedCosine) found.flags.push_back("points away: cosine " + text);
        found.measured.push_back("cosine " + text);
    }
    if (!shared) {
        throw Error(ErrorKind::argument, "--against " + reference.file + ": steers no layer that " + vector.name +
                                             " steers, so no cosine can tell");
    }
    found.told = true;
}

std::vector<Fact> facts_of(const Findings& found) {
    std::vector<Fact> facts;
    for (const std::string& flag : found.flags) facts.push_back({"SAFETY", flag});
    for (const std::string& text : found.measured) facts.push_back({"safety", text});
    if (!found.told) facts.push_back({"safety", "effect on refusal and truthfulness not known; --report, --against"});
    return facts;
}

}  // namespace

SafetySummary summarise_safety(const ControlVector& vector, const SafetySources& sources, IdentityMismatch policy) {
    Findings found;
    look_at_itself(vector, found);
    for (const EvaluationReport& report : sources.reports) look_at_report(vector, report, found);
    for (const SafetyReference& reference : sources.references) look_at_reference(vector, reference, policy, found);
    return {facts_of(found),
            {{"known", found.told}, {"flags", found.flags}, {"measured", found.measured}, {"cosines", found.cosines}}};
}

}  // namespace contrans::cli
