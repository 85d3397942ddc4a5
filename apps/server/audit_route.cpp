#include <chrono>
#include <utility>

#include "apps/server/audit_query.h"
#include "apps/server/json_body.h"
#include "apps/server/percent_encoding.h"
#include "apps/server/request_error.h"
#include "apps/server/routes.h"
#include "contrans/core/progress.h"
#include "contrans/registry/audit_export.h"

namespace contrans::server {
namespace {

ServingAudit& audit_of(const Operation& operation) {
    if (operation.audit != nullptr) return *operation.audit;
    throw RequestError(404, "invalid_request_error", "",
                       "this server keeps no audit log: start it with contrans serve --registry FOLDER", "no_registry");
}

/// Ends a long walk for which nobody waits any more.
class WaitedFor : public ProgressSink {
public:
    WaitedFor(const Exchange& exchange, std::stop_token stop) : exchange_(exchange), stop_(std::move(stop)) {}

    void begin(std::string_view, std::string_view, std::size_t) override {}
    void advance(std::size_t) override {
        if (!stop_.stop_requested() && !exchange_.client_gone()) return;
        throw RequestError(503, "server_error", "", "the server is ending").with_retry_after(std::chrono::seconds(5));
    }
    void end() override {}

private:
    const Exchange& exchange_;
    std::stop_token stop_;
};

Json check_json(const AuditCheck& found) {
    return {{"holds", found.holds()},
            {"records", found.records},
            {"after", to_string(found.begin)},
            {"end", to_string(found.end)},
            {"clock_set_back", found.clock_set_back},
            {"n_problems", found.n_problems},
            {"problems", found.problems}};
}

}  // namespace

void list_audit(const Operation& operation, Exchange& exchange, RequestRecord&) {
    ServingAudit& audit = audit_of(operation);
    const AuditPage page = audit.newest(parse_audit_query(exchange.request().query));
    Json data = Json::array();
    for (const AuditRecord& record : page.records) data.push_back(Json::parse(audit_json_line(record)));
    exchange.respond({200, dump(Json{{"object", "list"}, {"data", std::move(data)}, {"more", page.more}}) + "\n"});
}

void verify_audit(const Operation& operation, Exchange& exchange, RequestRecord&) {
    ServingAudit& audit = audit_of(operation);
    for (const QueryField& field : query_fields(exchange.request().query)) {
        throw bad_field(field.name, "is no parameter that is known: verify takes none");
    }
    WaitedFor client(exchange, operation.stop);
    exchange.respond({200, dump(check_json(audit.check({&client, {}}))) + "\n"});
}

}  // namespace contrans::server
