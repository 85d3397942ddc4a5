#include "apps/cli/vector_plan.h"

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

ForeignNumbering parse_numbering(const std::string& name) {
    if (name == "as-written") return ForeignNumbering::as_written;
    if (name == "one-late") return ForeignNumbering::one_late;
    throw Error(ErrorKind::argument, "--layer-numbering: must be as-written or one-late (got " + in_quotes(name) + ")");
}

std::string foreign_text(const std::string& numbering) {
    return "another engine's file, layers numbered " + numbering + " (--layer-numbering)";
}

}  // namespace contrans::cli
