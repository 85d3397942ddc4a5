#include "apps/server/serving_audit.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "apps/server/request_error.h"
#include "contrans/core/shortest_number.h"
#include "contrans/registry/registry_location.h"

namespace contrans::server {
namespace {

Database database_of(const std::filesystem::path& registry) {
    return Database(registry_backend(registry, OpenMode::existing));
}

AuditWriterOptions writer_options(std::function<void(const std::string&)> on_trouble) {
    AuditWriterOptions options;
    options.on_trouble = std::move(on_trouble);
    return options;
}

std::string layers_text(const std::vector<LayerIndex>& layers) {
    std::string text;
    for (const LayerIndex layer : layers) text += (text.empty() ? "" : ",") + std::to_string(layer.value);
    return text;
}

std::string layers_text(const ControlVector& vector) {
    std::vector<LayerIndex> layers;
    for (const ControlLayer& layer : vector.layers) layers.push_back(layer.layer);
    return layers_text(layers);
}

/// Appends to a list with ";" between.
void append(std::string& list, bool first, const std::string& item) {
    if (!first) list += ';';
    list += item;
}

std::string outcome_of(const RequestRecord& record) {
    if (record.end) return to_string(record.end->reason);
    return record.status == 200 ? "done" : "refused";
}

/// How each concept was applied, where that is more than adding it everywhere.
std::string operators_text(const RequestRecord& record) {
    std::string text;
    for (const AppliedConcept& each : record.applied) {
        text += text.empty() ? " operators=" : ";";
        text += std::string(to_string(each.op)) + "/" + to_string(each.tokens);
        if (each.after > 0) text += "/after " + std::to_string(each.after);
        if (each.gate) text += "/where " + each.gate->concept_name + ">" + shortest_number(each.gate->threshold);
    }
    return text;
}

std::string detail_of(const RequestRecord& record) {
    std::string text = "id=" + record.id + " route=" + record.route + " status=" + std::to_string(record.status);
    if (!record.refused_field.empty()) text += " refused=" + record.refused_field;
    if (record.end) {
        text += " prompt_tokens=" + std::to_string(record.end->prompt_tokens) +
                " generated_tokens=" + std::to_string(record.end->generated_tokens);
        if (record.end->switched_off) text += " switched_off_at=" + std::to_string(record.end->switched_off_at);
    }
    if (!record.engine.empty()) text += " engine=" + record.engine;
    if (!record.rated.empty()) text += " rated=" + record.rated;
    if (!record.persona.empty()) text += " persona=" + record.persona;
    if (record.rollout) {
        text += " stage=" + std::to_string(record.rollout->stage + 1) +
                " arm=" + std::string(to_string(record.rollout->arm));
    }
    if (record.end && record.end->switched_off) {
        text += " switched_off_at=" + std::to_string(record.end->switched_off_at);
    }
    text += operators_text(record);
    return record.prompt.empty() ? text : text + " prompt=" + record.prompt;
}

}  // namespace

AuditEvent request_event(
    const RequestRecord& record,
    const std::function<std::string(const std::string& name, const std::string& sha256)>& version_of) {
    AuditEvent event;
    event.actor = record.key_name.empty() ? "anybody" : audit_text(record.key_name, 128);
    event.action = "request";
    event.outcome = outcome_of(record);
    if (record.rollout) event.rollout = record.rollout->plan->name;
    event.detail = audit_text(detail_of(record), 10'000);
    for (const AppliedConcept& each : record.applied) {
        const bool first = &each == &record.applied.front();
        append(event.subject, first, each.name);
        append(event.version, first, each.sha256.empty() ? each.version : version_of(each.name, each.sha256));
        append(event.dose, first, shortest_number(each.dose));
        append(event.layers, first, layers_text(each.layers));
    }
    return event;
}

ServingAudit::ServingAudit(const std::filesystem::path& registry, const std::string& actor, AuditedText text,
                           std::function<void(const std::string&)> on_trouble)
    : folder_(registry),
      actor_(actor),
      text_(text),
      registry_(registry, {OpenMode::create, actor}),
      writer_(database_of(registry), writer_options(std::move(on_trouble))) {}

AuditEvent ServingAudit::own_event(const std::string& action) const {
    AuditEvent event;
    event.actor = audit_text(actor_, 128);
    event.action = action;
    event.outcome = "done";
    return event;
}

void ServingAudit::record_start(const std::string& model, const std::string& address, const ConceptShelf& shelf) {
    for (const auto& served : shelf.list()) writer_.append(concept_event("concept.load", *served, ""));
    AuditEvent event = own_event("serve.start");
    event.detail = audit_text("model=" + model + " address=" + address);
    writer_.append_now(std::move(event));  // and those before it
}

void ServingAudit::record_own(const std::string& action, const std::string& detail) {
    AuditEvent event = own_event(action);
    event.detail = audit_text(detail);
    writer_.append_now(std::move(event));
}

void ServingAudit::record_end(const std::string& action) { writer_.append(own_event(action)); }

void ServingAudit::record_load(const ServedConcept& served, const std::string& key_name) {
    writer_.append_now(concept_event("concept.load", served, key_name));
}

void ServingAudit::record_unload(const ServedConcept& served, const std::string& key_name) {
    writer_.append_now(concept_event("concept.unload", served, key_name));
}

AuditEvent ServingAudit::concept_event(const std::string& action, const ServedConcept& served,
                                       const std::string& key_name) {
    AuditEvent event = own_event(action);
    if (!key_name.empty()) event.actor = audit_text(key_name, 128);
    event.subject = served.name;
    event.version = version_of(served.name, served.sha256);
    event.layers = layers_text(served.vector);
    event.detail = audit_text("file=" + served.file.filename().string() + " sha256=" + served.sha256);
    return event;
}

/// Of what is loaded the version is known: a request asks no database.
std::string ServingAudit::version_of(const std::string& name, const std::string& sha256) {
    const std::lock_guard lock(mutex_);
    auto known = versions_.find(sha256);
    if (known == versions_.end()) known = versions_.emplace(sha256, registry_.version_with(sha256)).first;
    if (known->second.empty()) return "sha256:" + sha256.substr(0, 16);
    return known->second.starts_with(name + "@") ? known->second.substr(name.size() + 1) : known->second;
}

std::string ServingAudit::version_name_of(const ServedConcept& served) {
    const std::string version = version_of(served.name, served.sha256);
    return version.find_first_not_of("0123456789") == std::string::npos ? served.name + "@" + version : version;
}

void ServingAudit::record_request(const RequestRecord& record) {
    const auto version = [this](const std::string& name, const std::string& sha256) {
        return version_of(name, sha256);
    };
    writer_.append(request_event(record, version));
}

void ServingAudit::require_keeping_up() const {
    if (!writer_.behind()) return;
    throw RequestError(503, "server_error", "", "the audit log cannot be written", "audit_behind")
        .with_retry_after(std::chrono::seconds(5));
}

/// One more than is shown tells whether there are more.
AuditPage ServingAudit::newest(const AuditFilter& filter) const {
    AuditFilter wanted = filter;
    ++wanted.newest;
    AuditPage page;
    database_of(folder_).read([&](soci::session& session) {
        read_audit(session, wanted, [&](const AuditRecord& record) { page.records.push_back(record); });
    });
    std::reverse(page.records.begin(), page.records.end());
    page.more = page.records.size() == static_cast<std::size_t>(wanted.newest);
    if (page.more) page.records.pop_back();
    return page;
}

AuditCheck ServingAudit::check(const RunContext& run) const {
    const std::unique_lock alone(checking_, std::try_to_lock);
    if (!alone) {
        throw RequestError(429, "rate_limit_error", "", "the audit log is being verified for somebody else",
                           "verify_running")
            .with_retry_after(std::chrono::seconds(2));
    }
    AuditCheck found;
    database_of(folder_).read([&](soci::session& session) { found = check_audit(session, std::nullopt, run); });
    return found;
}

}  // namespace contrans::server
