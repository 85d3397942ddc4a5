#include "contrans/study/study_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "contrans/concepts/concept_vector.h"
#include "contrans/core/error.h"
#include "contrans/core/json_reader.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/results.h"
#include "contrans/mapping/map_set.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;
using Path = std::filesystem::path;

constexpr double kLargestBudget = 100;

/// The study's file under reading: what it names is looked for from its folder.
class Source {
public:
    explicit Source(Path file) : file_(std::move(file)), folder_(std::filesystem::absolute(file_).parent_path()) {
        json_ = read_json_file(file_, "a JSON study");
    }

    [[nodiscard]] const Json& json() const { return json_; }
    [[nodiscard]] JsonReader reader() const { return {json_, file_.string()}; }
    [[nodiscard]] std::string stem() const { return file_.stem().string(); }
    [[noreturn]] void fail(const std::string& rule) const {
        throw Error(ErrorKind::format, file_.string() + ": " + rule);
    }
    [[nodiscard]] Path existing(const std::string& named) const {
        const Path path = (folder_ / named).lexically_normal();
        if (!std::filesystem::is_regular_file(path))
            throw Error(ErrorKind::io, file_.string() + ": names " + in_quotes(path.string()) + ", which is no file");
        return path;
    }
    void require_known_keys(const Json& object, const std::string& place,
                            std::initializer_list<const char*> known) const {
        for (const auto& [key, _] : object.items()) {
            if (std::ranges::none_of(known, [&](const char* name) { return key == name; }))
                fail(place + "key " + in_quotes(key) + " is unknown");
        }
    }
    /// The texts of a list; nothing where there is no such key.
    [[nodiscard]] std::vector<std::string> texts(const char* key) const { return texts(json_, key); }
    [[nodiscard]] std::vector<std::string> texts(const Json& object, const char* key) const {
        std::vector<std::string> list;
        if (!object.contains(key)) return list;
        if (!object[key].is_array()) fail("key " + in_quotes(key) + " must be a list of texts");
        for (const Json& value : object[key]) {
            if (!value.is_string()) fail("key " + in_quotes(key) + " must be a list of texts");
            list.push_back(value.get<std::string>());
        }
        return list;
    }

private:
    Path file_;
    Path folder_;
    Json json_;
};

std::vector<StudyModels> read_models(const Source& source) {
    const auto read = [&](const JsonReader& json) {
        StudyModels models{"", source.existing(json.get<std::string>("source")),
                           source.existing(json.get<std::string>("target"))};
        models.name =
            json.get_or<std::string>("name", models.source.stem().string() + "-" + models.target.stem().string());
        return models;
    };
    if (!source.json().contains("models")) source.fail("key \"models\" is missing");
    for (const Json& value : source.json()["models"])
        if (value.is_object()) source.require_known_keys(value, "models: ", {"source", "target", "name"});
    return source.reader().list<StudyModels>("models", read);
}

std::string instruction_for(const std::string& pattern, const std::string& name) {
    constexpr std::string_view kName = "{name}";
    std::string text = pattern;
    for (std::size_t at = 0; (at = text.find(kName, at)) != std::string::npos; at += name.size())
        text.replace(at, kName.size(), name);
    return text;
}

/// In the order of their names.
std::vector<Path> variants_in(const Path& folder) {
    std::vector<Path> variants;
    if (!std::filesystem::is_directory(folder)) return variants;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".jsonl") variants.push_back(entry.path());
    }
    std::ranges::sort(variants);
    return variants;
}

StudyConcept concept_in_folder(const Source& source, const std::string& folder, const std::string& instruction) {
    const std::string name = (Path(folder) / "").lexically_normal().parent_path().filename().string();
    return {.name = name,
            .pairs = source.existing(folder + "/pairs.jsonl"),
            .dev = source.existing(folder + "/dev.jsonl"),
            .test = source.existing(folder + "/test.jsonl"),
            .position = TextPosition::last,
            .instruction = instruction_for(instruction, name),
            .variants = variants_in(source.existing(folder + "/test.jsonl").parent_path() / "variants")};
}

StudyConcept concept_of_files(const Source& source, const Json& json, const std::string& place,
                              const std::string& instruction) {
    source.require_known_keys(json, place + ": ",
                              {"name", "pairs", "dev", "test", "position", "instruction", "variants"});
    const JsonReader reader(json, place);
    std::vector<Path> variants;
    for (const std::string& file : source.texts(json, "variants")) variants.push_back(source.existing(file));
    const auto name = reader.get<std::string>("name");
    return {.name = name,
            .pairs = source.existing(reader.get<std::string>("pairs")),
            .dev = source.existing(reader.get<std::string>("dev")),
            .test = source.existing(reader.get<std::string>("test")),
            .position = parse_text_position(reader.get_or<std::string>("position", "last")),
            .instruction = reader.get_or<std::string>("instruction", instruction_for(instruction, name)),
            .variants = std::move(variants)};
}

std::vector<StudyConcept> read_concepts(const Source& source) {
    const auto instruction = source.reader().get_or<std::string>("instruction", "");
    if (!source.json().contains("concepts") || !source.json()["concepts"].is_array())
        source.fail("key \"concepts\" must be a list");
    std::vector<StudyConcept> concepts;
    for (const Json& value : source.json()["concepts"]) {
        const std::string place = "concepts[" + std::to_string(concepts.size()) + "]";
        if (!value.is_string() && !value.is_object()) source.fail(place + " must be a folder or an object");
        concepts.push_back(value.is_string() ? concept_in_folder(source, value.get<std::string>(), instruction)
                                             : concept_of_files(source, value, place, instruction));
    }
    return concepts;
}

std::vector<std::string> read_methods(const Source& source) {
    std::vector<std::string> methods = source.texts("methods");
    if (methods.empty()) return {"searched", "paper"};
    for (const std::string& method : methods) {
        if (method != "searched") (void)parse_fit_kind(method);
        if (std::ranges::count(methods, method) > 1)
            source.fail("key \"methods\" names " + in_quotes(method) + " twice");
    }
    return methods;
}

void choose(ControlChoice& choice, const std::string& name, const Source& source) {
    bool* const fields[] = {&choice.shuffled_map, &choice.shuffled_labels, &choice.random_covariance,
                            &choice.random_isotropic};
    const std::span<const std::string_view> roles = control_roles();
    const auto found = std::ranges::find(roles, name);
    if (found == roles.end()) source.fail("key \"controls\" names " + in_quotes(name) + ", which is no control");
    *fields[found - roles.begin()] = true;
}

ControlChoice read_controls(const Source& source) {
    const Json all = "all";
    const Json& value = source.json().contains("controls") ? source.json()["controls"] : all;
    if (value == "all") return {};
    ControlChoice choice{false, false, false, false};
    if (value == "none") return choice;
    for (const std::string& name : source.texts("controls")) choose(choice, name, source);
    return choice;
}

std::vector<std::uint64_t> read_seeds(const Source& source) {
    if (!source.json().contains("seeds")) return {1};
    auto seeds = source.reader().get<std::vector<std::size_t>>("seeds");
    if (seeds.empty()) source.fail("key \"seeds\" must not be empty");
    return {seeds.begin(), seeds.end()};
}

template <class Named>
void require_different_names(const Source& source, const std::vector<Named>& all, const char* key) {
    if (all.empty()) source.fail(std::string("key \"") + key + "\" must not be empty");
    std::set<std::string> names;
    for (const Named& one : all) {
        if (one.name.empty() || one.name.find('/') != std::string::npos)
            source.fail(std::string(key) + ": a name must not be empty or hold \"/\", got " + in_quotes(one.name));
        if (!names.insert(one.name).second) source.fail(std::string(key) + ": two are called " + in_quotes(one.name));
    }
}

}  // namespace

std::string vector_name(const StudyConcept& of, const std::string& method) {
    return method == "searched" ? of.name : of.name + "-" + method;
}

Study read_study(const Path& file) try {
    const Source source(file);
    const JsonReader json = source.reader();
    source.require_known_keys(
        source.json(), "",
        {"models",        "corpus",       "texts",        "concepts",          "methods",    "controls",
         "instruction",   "items",        "side_effects", "side_effect_tasks", "robustness", "attack",
         "source_itself", "proxy_tuning", "few_shot",     "all_fits",          "budget",     "seeds",
         "neutral_dev",   "neutral_test", "safety"});
    Study study;
    study.name = source.stem();
    study.models = read_models(source);
    for (const std::string& text : source.texts("corpus")) study.corpus.push_back(source.existing(text));
    study.texts = json.get_or<std::size_t>("texts", 0);
    study.concepts = read_concepts(source);
    study.methods = read_methods(source);
    study.controls = read_controls(source);
    study.items = json.get_or<std::size_t>("items", 0);
    study.side_effect_items = json.get_or<std::size_t>("side_effects", 0);
    for (const std::string& text : source.texts("side_effect_tasks"))
        study.side_effect_tasks.push_back(source.existing(text));
    study.robustness_items = json.get_or<std::size_t>("robustness", 0);
    study.attack_words = json.get_or<std::size_t>("attack", 0);
    study.source_itself = json.get_or<bool>("source_itself", false);
    study.proxy_tuning = json.get_or<bool>("proxy_tuning", false);
    study.few_shot = json.get_or<std::size_t>("few_shot", 0);
    if (json.get_or<bool>("all_fits", false)) study.fits = FitScope::all;
    study.budget_nats = json.get_or<double>("budget", study.budget_nats);
    study.seeds = read_seeds(source);
    for (const std::string& text : source.texts("safety")) study.safety.push_back(source.existing(text));
    if (json.has("neutral_dev")) study.neutral_dev = source.existing(json.get<std::string>("neutral_dev"));
    if (json.has("neutral_test")) study.neutral_test = source.existing(json.get<std::string>("neutral_test"));
    require_different_names(source, study.models, "models");
    require_different_names(source, study.concepts, "concepts");
    if (study.proxy_tuning && !study.source_itself)
        source.fail("key \"proxy_tuning\" needs \"source_itself\": its vector in the source is what tunes");
    if (!study.side_effect_tasks.empty() && study.side_effect_items == 0)
        source.fail("key \"side_effect_tasks\" needs \"side_effects\": so many items of each are tried");
    if (study.attack_words > 0 && study.robustness_items == 0)
        source.fail("key \"attack\" needs \"robustness\": so many test items are what a suffix is judged on");
    if (study.robustness_items > 0 && study.attack_words == 0 &&
        std::ranges::all_of(study.concepts, &std::vector<Path>::empty, &StudyConcept::variants))
        source.fail("key \"robustness\" needs a concept with variants of its test items");
    if (study.corpus.empty()) source.fail("key \"corpus\" must name a file");
    if (!(study.budget_nats > 0 && study.budget_nats <= kLargestBudget))
        source.fail("key \"budget\" must be above 0 nats");
    return study;
} catch (const Error& error) {
    // A parser's word about a name becomes the file's.
    if (error.kind() != ErrorKind::argument) throw;
    throw Error(ErrorKind::format, file.string() + ": " + error.what());
}

}  // namespace contrans
