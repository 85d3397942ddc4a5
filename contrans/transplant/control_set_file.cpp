#include "contrans/transplant/control_set_file.h"

#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "contrans/concepts/word_response_file.h"
#include "contrans/core/artefact_file.h"
#include "contrans/core/error.h"
#include "contrans/core/model_identity_keys.h"
#include "contrans/core/parse_key.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

constexpr const char* kTarget = "contrans.target.";
constexpr const char* kControls = "contrans-controls";
constexpr const char* kGroup = "contrans.control.group";
constexpr const char* kRefinement = "contrans.control.refinement";
constexpr const char* kFit = "contrans.control.fit";

std::string control_name(std::size_t i) { return "control." + std::to_string(i); }

std::string to_string(ControlDirection::Kind kind) {
    return kind == ControlDirection::Kind::shuffled_map ? "shuffled-map" : "shuffled-labels";
}

ControlDirection::Kind kind_of(const ArtefactReader& reader, const std::string& name) {
    for (const auto kind : {ControlDirection::Kind::shuffled_map, ControlDirection::Kind::shuffled_labels}) {
        if (name == to_string(kind)) return kind;
    }
    reader.reject("key \"contrans.control.kind\"", "must hold shuffled-map or shuffled-labels", in_quotes(name));
}

std::optional<std::string> broken_rule(const ControlSet& controls) {
    for (const ControlDirection& control : controls.directions) {
        if (control.direction.size() == controls.target.d_model &&
            control.target_layer.value < controls.target.n_layers) {
            continue;
        }
        return "a direction must be " + std::to_string(controls.target.d_model) + " wide on a layer below " +
               std::to_string(controls.target.n_layers) + " (got " + std::to_string(control.direction.size()) +
               " on layer " + std::to_string(control.target_layer.value) + ")";
    }
    return contrans::broken_rule(controls.responses);
}

void require_one_a_control(const ArtefactReader& reader, const std::string& key, std::size_t got, std::size_t wanted) {
    if (got == wanted) return;
    reader.reject("key " + in_quotes(key), "must have as many elements as kinds, " + std::to_string(wanted),
                  std::to_string(got));
}

// Older files lack them: every direction stood alone.
std::vector<std::uint64_t> read_groups(const ArtefactReader& reader, std::size_t n) {
    if (!reader.has(kGroup)) {
        std::vector<std::uint64_t> alone(n);
        std::iota(alone.begin(), alone.end(), std::uint64_t{0});
        return alone;
    }
    std::vector<std::uint64_t> groups = reader.get_u64_array(kGroup);
    require_one_a_control(reader, kGroup, groups.size(), n);
    return groups;
}

// Older files lack them.
std::vector<std::string> read_names(const ArtefactReader& reader, const char* key, std::size_t n) {
    if (!reader.has(key)) return std::vector<std::string>(n);
    std::vector<std::string> names = reader.get_string_array(key);
    require_one_a_control(reader, key, names.size(), n);
    return names;
}

std::vector<std::optional<Refinement>> read_refinements(const ArtefactReader& reader, std::size_t n) {
    std::vector<std::optional<Refinement>> refinements(n);
    const std::vector<std::string> names = read_names(reader, kRefinement, n);
    for (std::size_t i = 0; i < n; ++i) {
        if (!names[i].empty()) refinements[i] = parse_key(reader, kRefinement, names[i], parse_refinement);
    }
    return refinements;
}

std::vector<ControlDirection> read_directions(const ArtefactReader& reader, std::size_t width) {
    const std::vector<std::string> kinds = reader.get_string_array("contrans.control.kind");
    const std::vector<std::uint64_t> layers = reader.get_u64_array("contrans.control.target_layer");
    const std::vector<double> sigmas = reader.get_f64_array("contrans.control.sigma");
    if (layers.size() != kinds.size() || sigmas.size() != kinds.size()) {
        reader.reject("keys \"contrans.control.*\"",
                      "must have as many elements as kinds, " + std::to_string(kinds.size()),
                      std::to_string(layers.size()) + " and " + std::to_string(sigmas.size()));
    }
    const std::vector<std::uint64_t> groups = read_groups(reader, kinds.size());
    const std::vector<std::optional<Refinement>> refinements = read_refinements(reader, kinds.size());
    const std::vector<std::string> fits = read_names(reader, kFit, kinds.size());
    std::vector<ControlDirection> directions;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        directions.push_back({.kind = kind_of(reader, kinds[i]),
                              .target_layer = LayerIndex{layers[i]},
                              .direction = reader.vector(control_name(i), width),
                              .sigma = sigmas[i],
                              .group = groups[i],
                              .how = refinements[i],
                              .fit = fits[i]});
    }
    return directions;
}

}  // namespace

std::filesystem::path controls_path(const std::filesystem::path& vector_file) {
    std::filesystem::path controls = vector_file;
    if (controls.extension() == ".gguf") controls.replace_extension();
    controls += ".controls.gguf";
    return controls;
}

void write_control_set(const ControlSet& controls, const std::filesystem::path& file) {
    if (const auto rule = broken_rule(controls))
        throw Error(ErrorKind::argument, file.string() + ": controls: " + *rule);
    ArtefactWriter writer(kControls);
    set_model_identity(writer, kTarget, controls.target);
    std::vector<std::string> kinds;
    std::vector<std::uint64_t> layers;
    std::vector<std::uint64_t> groups;
    std::vector<std::string> refinements;
    std::vector<std::string> fits;
    std::vector<double> sigmas;
    for (const ControlDirection& control : controls.directions) {
        writer.add_tensor(control_name(kinds.size()), control.direction);
        kinds.push_back(to_string(control.kind));
        layers.push_back(control.target_layer.value);
        groups.push_back(control.group);
        sigmas.push_back(control.sigma);
        fits.push_back(control.fit);
        refinements.push_back(control.how ? contrans::to_string(*control.how) : "");
    }
    writer.set_string_array("contrans.control.kind", kinds);
    writer.set_u64_array("contrans.control.target_layer", layers);
    writer.set_u64_array(kGroup, groups);
    writer.set_string_array(kRefinement, refinements);
    writer.set_string_array(kFit, fits);
    writer.set_f64_array("contrans.control.sigma", sigmas);
    set_responses(writer, controls.responses);
    writer.write(file);
}

ControlSet read_control_set(const std::filesystem::path& file) {
    const ArtefactReader reader(file);
    reader.require_artefact(kControls);
    ControlSet controls;
    controls.target = get_model_identity(reader, kTarget);
    controls.directions = read_directions(reader, controls.target.d_model);
    controls.responses = get_responses(reader);
    if (const auto rule = broken_rule(controls)) reader.reject("controls", *rule);
    return controls;
}

}  // namespace contrans
