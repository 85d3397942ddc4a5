#include "apps/cli/registry_text.h"

#include <nlohmann/json.hpp>

#include "apps/cli/text_columns.h"
#include "apps/cli/word_list.h"

namespace contrans::cli {
namespace {

using Json = nlohmann::ordered_json;

Json model_json(const NamedModel& model) {
    if (model.fingerprint.empty()) return nullptr;
    return {{"name", model.name}, {"fingerprint", model.fingerprint}};
}

Json file_json(const StoredArtefact& file) {
    Json facts = Json::array();
    for (const ArtefactFact& fact : file.description.facts)
        facts.push_back({{"name", fact.name}, {"value", fact.value}});
    return {{"name", file.file_name},
            {"kind", to_string(file.description.kind)},
            {"sha256", file.content.sha256},
            {"bytes", file.content.bytes},
            {"source", model_json(file.description.source)},
            {"target", model_json(file.description.target)},
            {"facts", std::move(facts)}};
}

std::string kinds_of(const ConceptVersion& version) {
    std::vector<std::string> kinds;
    for (const StoredArtefact& file : version.files) kinds.push_back(to_string(file.description.kind));
    return joined(kinds);
}

void add_model(std::vector<Fact>& facts, const char* what, const NamedModel& model) {
    if (!model.fingerprint.empty()) facts.push_back({what, model.name + " (" + model.fingerprint.substr(0, 8) + ")"});
}

std::string file_text(const StoredArtefact& file) {
    std::vector<Fact> facts = {{"kind", to_string(file.description.kind)},
                               {"sha256", file.content.sha256},
                               {"bytes", std::to_string(file.content.bytes)}};
    add_model(facts, "source", file.description.source);
    add_model(facts, "target", file.description.target);
    for (const ArtefactFact& fact : file.description.facts) facts.push_back({fact.name, fact.value});
    return "\n" + file.file_name + "\n" + fact_lines(facts);
}

}  // namespace

Json version_json(const ConceptVersion& version) {
    Json files = Json::array();
    for (const StoredArtefact& file : version.files) files.push_back(file_json(file));
    return {{"name", version.name},     {"version", version.version},        {"owner", version.owner},
            {"author", version.author}, {"added", time_text(version.added)}, {"note", version.note},
            {"tags", version.tags},     {"files", std::move(files)}};
}

std::string version_text(const ConceptVersion& version) {
    std::vector<Fact> facts = {
        {"owner", version.owner}, {"author", version.author}, {"added", time_text(version.added)}};
    if (!version.note.empty()) facts.push_back({"note", version.note});
    if (!version.tags.empty()) facts.push_back({"tags", joined(version.tags)});
    std::string text = version_name(version.name, version.version) + "\n" + fact_lines(facts);
    for (const StoredArtefact& file : version.files) text += file_text(file);
    return text;
}

std::string versions_table(const std::vector<ConceptVersion>& versions) {
    std::vector<std::vector<std::string>> rows = {{"concept", "owner", "added", "files", "tags"}};
    for (const ConceptVersion& version : versions) {
        rows.push_back({version_name(version.name, version.version), version.owner,
                        time_text(version.added).substr(0, 10), kinds_of(version), joined(version.tags)});
    }
    return versions.empty() ? "nothing yet\n" : aligned(rows);
}

}  // namespace contrans::cli
