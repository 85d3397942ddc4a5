#include <filesystem>

#include "apps/server/concept_body.h"
#include "apps/server/error_answer.h"
#include "apps/server/json_body.h"
#include "apps/server/routes.h"
#include "apps/server/steering_json.h"
#include "apps/server/vector_report.h"
#include "contrans/core/utf8.h"

namespace contrans::server {
namespace {

void respond(Exchange& exchange, const Json& json, int status = 200) { exchange.respond({status, dump(json) + "\n"}); }

RequestError not_loaded(const std::string& name) {
    return {404, "invalid_request_error", "name", "there is no concept " + in_quotes(name), "concept_not_found"};
}

/// What is wrong with a file is the loader's to know: it chose the file, and the message names it.
RequestError load_refusal(const Error& error, const std::string& file, const std::filesystem::path& folder) {
    if (!std::filesystem::exists(folder / file)) {
        return {404, "invalid_request_error", "file",
                "there is no file " + in_quotes(file) + " in the folder of vectors"};
    }
    return {400, "invalid_request_error", "file", error.what()};
}

std::shared_ptr<const ServedConcept> read_concept(const Service& service, const ConceptBody& body) {
    try {
        return service.shelf.read(service.vectors / body.file, body.name);
    } catch (const Error& error) {
        throw load_refusal(error, body.file, service.vectors);
    }
}

}  // namespace

void list_concepts(const Service& service, Exchange& exchange, RequestRecord&) {
    Json data = Json::array();
    for (const auto& served : service.shelf.list()) data.push_back(concept_json(*served));
    respond(exchange, {{"object", "list"}, {"data", std::move(data)}});
}

void show_concept(const Service& service, Exchange& exchange, RequestRecord&) {
    const std::string& name = exchange.name();
    const auto served = service.shelf.find(name);
    if (!served) throw not_loaded(name);
    Json json = concept_json(*served);
    json.update(vector_report(*served));
    respond(exchange, json);
}

void list_vector_files(const Service& service, Exchange& exchange, RequestRecord&) {
    Json files = Json::array();
    if (!service.vectors.empty()) {
        for (const std::filesystem::path& file : vector_files(service.vectors))
            files.push_back(file.filename().string());
    }
    respond(exchange, {{"object", "list"}, {"data", std::move(files)}});
}

void load_concept(const Service& service, Exchange& exchange, RequestRecord& record) {
    const ConceptBody body = parse_concept_body(exchange.request().body);
    const auto served = read_concept(service, body);
    if (service.audit != nullptr) service.audit->record_load(*served, record.key_name);
    service.shelf.offer(served);
    respond(exchange, concept_json(*served), 201);
}

void unload_concept(const Service& service, Exchange& exchange, RequestRecord& record) {
    const std::string& name = exchange.name();
    const auto served = service.shelf.find(name);
    if (served && service.audit != nullptr) service.audit->record_unload(*served, record.key_name);
    if (!service.shelf.unload(name)) throw not_loaded(name);
    respond(exchange, {{"name", name}, {"object", "concept"}, {"deleted", true}});
}

}  // namespace contrans::server
