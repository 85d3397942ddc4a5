#include "contrans/registry/archive_list.h"

#include <nlohmann/json.hpp>
#include <type_traits>

#include "contrans/core/error.h"
#include "contrans/core/sha256.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;

Json file_json(const StoredArtefact& file, const PathsInArchive& paths) {
    return {{"name", file.file_name},
            {"kind", to_string(file.description.kind)},
            {"sha256", file.content.sha256},
            {"bytes", file.content.bytes},
            {"path", paths.at(file.content.sha256)}};
}

Json version_json(const ConceptVersion& version, const PathsInArchive& paths) {
    Json files = Json::array();
    for (const StoredArtefact& file : version.files) files.push_back(file_json(file, paths));
    return {{"name", version.name},     {"version", version.version}, {"owner", version.owner},
            {"author", version.author}, {"added", version.added},     {"note", version.note},
            {"tags", version.tags},     {"files", std::move(files)}};
}

/// Reads fields of one object; every message names the file.
class Fields {
public:
    Fields(const Json& object, const std::string& origin) : object_(object), origin_(origin) {
        if (!object.is_object()) reject("an entry", "is an object");
    }

    [[noreturn]] void reject(const std::string& key, const std::string& rule) const {
        throw Error(ErrorKind::format, origin_ + ": " + key + " " + rule);
    }
    const Json& at(const char* key) const {
        const auto found = object_.find(key);
        if (found == object_.end()) reject(key, "is missing");
        return *found;
    }
    std::string text(const char* key) const {
        if (!at(key).is_string()) reject(key, "is a text");
        return at(key).get<std::string>();
    }
    std::int64_t number(const char* key) const {
        if (!at(key).is_number_integer() || at(key).get<double>() < 0 || at(key).get<double>() > 9e18) {
            reject(key, "is a whole number that is not negative");
        }
        return at(key).get<std::int64_t>();
    }
    const Json& list(const char* key) const {
        if (!at(key).is_array()) reject(key, "is a list");
        return at(key);
    }

private:
    const Json& object_;
    const std::string& origin_;
};

bool is_file_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

StoredArtefact file_from(const Json& json, const std::string& origin, PathsInArchive& paths) {
    const Fields fields(json, origin);
    StoredArtefact file;
    file.file_name = fields.text("name");
    require_line(file.file_name, "a file's name", 255);
    if (!is_file_name(file.file_name)) fields.reject("name", "is a file's name, got " + in_quotes(file.file_name));
    file.content = {fields.text("sha256"), static_cast<std::uint64_t>(fields.number("bytes"))};
    if (!is_sha256(file.content.sha256))
        fields.reject("sha256", "has 64 digits, got " + in_quotes(file.content.sha256));
    file.description.kind = parse_artefact_kind(fields.text("kind"));
    paths[file.content.sha256] = fields.text("path");
    return file;
}

ConceptVersion version_from(const Json& json, const std::string& origin, PathsInArchive& paths) {
    const Fields fields(json, origin);
    ConceptVersion version{fields.text("name"),
                           fields.number("version"),
                           fields.text("owner"),
                           fields.text("author"),
                           fields.number("added"),
                           fields.text("note"),
                           {},
                           {}};
    require_concept_name(version.name);
    require_line(version.owner, "an owner", 128);
    require_line(version.author, "an author", 128);
    require_line(version.note, "a note", 1000);
    if (version.version == 0) fields.reject("version", "is a number from 1");
    for (const Json& tag : fields.list("tags")) {
        if (!tag.is_string()) fields.reject("tags", "are texts");
        require_tag(version.tags.emplace_back(tag.get<std::string>()));
    }
    for (const Json& file : fields.list("files")) version.files.push_back(file_from(file, origin, paths));
    if (version.files.empty()) fields.reject("files", "are at least one");
    return version;
}

Json persona_json(const PersonaVersion& version) {
    return {{"version", version.version}, {"owner", version.owner},
            {"author", version.author},   {"saved", version.saved},
            {"sha256", version.sha256},   {"content", Json::parse(persona_text(version.persona))}};
}

PersonaVersion persona_from(const Json& json, const std::string& origin) {
    const Fields fields(json, origin);
    PersonaVersion version{parse_persona(fields.at("content").dump(), origin + ": personas"),
                           fields.number("version"),
                           fields.text("owner"),
                           fields.text("author"),
                           fields.number("saved"),
                           fields.text("sha256")};
    require_line(version.owner, "an owner", 128);
    require_line(version.author, "an author", 128);
    if (version.version == 0) fields.reject("version", "is a number from 1");
    if (sha256_of(persona_text(version.persona)) != version.sha256) {
        fields.reject("persona " + persona_name(version), "is not what was exported: its SHA-256 is another");
    }
    return version;
}

ArchiveList list_from(const Json& json, const std::string& origin) {
    const Fields fields(json, origin);
    if (fields.number("contrans_registry") != kFormat) {
        fields.reject("contrans_registry", "is " + std::to_string(kFormat) + "; this program knows no other format");
    }
    ArchiveList list;
    for (const Json& version : fields.list("versions")) {
        list.contents.versions.push_back(version_from(version, origin, list.paths));
    }
    if (!json.contains("personas")) return list;
    for (const Json& persona : fields.list("personas")) list.contents.personas.push_back(persona_from(persona, origin));
    return list;
}

}  // namespace

std::string archive_list_text(const RegistryContents& contents, const PathsInArchive& paths) {
    Json json{{"contrans_registry", kFormat}, {"versions", Json::array()}, {"personas", Json::array()}};
    for (const ConceptVersion& version : contents.versions) json["versions"].push_back(version_json(version, paths));
    for (const PersonaVersion& version : contents.personas) json["personas"].push_back(persona_json(version));
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

ArchiveList parse_archive_list(std::string_view text, const std::string& origin) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) throw Error(ErrorKind::format, origin + ": is no JSON");
    try {
        return list_from(json, origin);
    } catch (const Error& error) {  // the rules of names are arguments' rules elsewhere
        if (error.kind() == ErrorKind::format) throw;
        throw Error(ErrorKind::format, origin + ": " + error.what());
    }
}

}  // namespace contrans
