#include "apps/cli/vector_plan.h"

#include <map>

#include "apps/cli/number_checks.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/transplant/candidate.h"

namespace contrans::cli {
namespace {

void require_doses(const ControlVector& vector, const std::filesystem::path& file) {
    for (const ControlLayer& layer : vector.layers) {
        if (layer.dose != 0) continue;
        throw Error(ErrorKind::argument,
                    file.string() + ": knows no dose at layer " + std::to_string(layer.layer.value) +
                        " to be changed (another engine's file?); give it without =DOSE, as written");
    }
}

void scale(ControlLayer& layer, double factor) {
    for (float& value : layer.offset) value = static_cast<float>(value * factor);
    layer.coefficient *= factor;
    layer.dose *= factor;
}

void add_to(std::vector<float>& sum, std::span<const float> offset) {
    if (sum.empty()) sum.resize(offset.size());
    for (std::size_t i = 0; i < offset.size(); ++i) sum[i] += offset[i];
}

}  // namespace

DosedFile parse_dosed_file(const std::string& text) {
    const std::size_t equals = text.rfind('=');
    std::error_code none;
    if (equals == std::string::npos || std::filesystem::exists(text, none)) return {text, std::nullopt};
    const std::string dose = text.substr(equals + 1);
    const std::optional<double> number = parse_number(dose);
    if (!number)
        throw Error(ErrorKind::argument,
                    "--vector " + text + ": the dose after = must be a number (got " + in_quotes(dose) + ")");
    return {text.substr(0, equals), number};
}

ControlVector read_dosed_vector(const DosedFile& wanted, ForeignNumbering numbering) {
    ControlVector vector = read_control_vector(wanted.file, numbering);
    if (wanted.dose) {
        require_doses(vector, wanted.file);
        const double factor = *wanted.dose / total_dose(vector.layers);
        for (ControlLayer& layer : vector.layers) scale(layer, factor);
    }
    return vector;
}

void require_fits(const ControlVector& vector, const std::filesystem::path& file, const ModelIdentity& model,
                  IdentityMismatch policy) {
    if (vector.target) require_same_model(file.string(), *vector.target, model, policy);
    for (const ControlLayer& layer : vector.layers) {
        if (layer.offset.size() != model.d_model) {
            throw Error(ErrorKind::model, file.string() + ": its width is not that of " + describe(model) + ", " +
                                              std::to_string(model.d_model) + " (got " +
                                              std::to_string(layer.offset.size()) + ")");
        }
        if (layer.layer.value >= model.n_layers) {
            throw Error(ErrorKind::model, file.string() + ": " + describe(model) + " has layers 0 to " +
                                              std::to_string(model.n_layers - 1) + " (got " +
                                              std::to_string(layer.layer.value) + ")");
        }
    }
}

std::shared_ptr<const SteeringPlan> combined_plan(std::span<const ControlVector> vectors) {
    std::map<LayerIndex, std::vector<float>> sums;
    for (const ControlVector& vector : vectors) {
        for (const ControlLayer& layer : vector.layers) add_to(sums[layer.layer], layer.offset);
    }
    std::vector<SteeringPlan::Step> steps;
    for (auto& [layer, offset] : sums) steps.push_back({layer, std::move(offset)});
    return steps.empty() ? nullptr : std::make_shared<const SteeringPlan>(std::move(steps));
}

ForeignNumbering parse_numbering(const std::string& name) {
    if (name == "as-written") return ForeignNumbering::as_written;
    if (name == "one-late") return ForeignNumbering::one_late;
    throw Error(ErrorKind::argument, "--layer-numbering: must be as-written or one-late (got " + in_quotes(name) + ")");
}

std::string foreign_text(const std::string& numbering) {
    return "another engine's file, layers numbered " + numbering + " (--layer-numbering)";
}

}  // namespace contrans::cli
