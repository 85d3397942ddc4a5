// What a stranger's bytes meet before anything else does: libFuzzer calls this with many. scripts/fuzz builds and runs
// it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/gateway/sse_reader.h"
#include "apps/gateway/upstreams.h"
#include "apps/server/api_keys.h"
#include "apps/server/audit_query.h"
#include "apps/server/chat_body.h"
#include "apps/server/completion_body.h"
#include "apps/server/concept_body.h"
#include "apps/server/concept_query.h"
#include "apps/server/embedding_body.h"
#include "apps/server/http_parser.h"
#include "apps/server/model_name.h"
#include "apps/server/request_error.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/registry/persona.h"
#include "contrans/rollout/rollout_plan.h"

namespace contrans::server {
namespace {

const RequestRules& rules() {
    static const RequestRules rules{.model_names = {"tiny", "a+b"}, .vocabulary_size = 1000};
    return rules;
}

/// Fed in steps of two sizes, so that every boundary is met. Aborts where that changes what is read.
void read_http(std::string_view bytes) {
    HttpParser parser({.header_bytes = 1024, .body_bytes = 4096});
    std::string pending;
    for (std::size_t at = 0; at < bytes.size() && !parser.done();) {
        const std::size_t step = bytes.size() % 2 == 0 ? 1 : 17;
        pending += bytes.substr(at, step);
        at += step;
        const std::size_t taken = parser.take(pending);
        if (taken > pending.size()) __builtin_trap();
        pending.erase(0, taken);
        (void)parser.wants_continue();
    }
    if (parser.done()) (void)parser.release();
}

/// What an engine streams: whole, and byte by byte. Aborts where that changes what is read.
void read_events(std::string_view bytes) {
    const auto whole = gateway::SseReader().take(bytes);
    gateway::SseReader reader;
    std::size_t n = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (const std::string& event : reader.take(bytes.substr(at, 1))) {
            if (n >= whole.size() || event != whole[n++]) __builtin_trap();
        }
    }
    if (n != whole.size()) __builtin_trap();
}

/// What is read is written, and read again alike: noexcept, so that what is written and then refused is a finding.
void read_again(const Persona& persona) noexcept {
    if (parse_persona(persona_text(persona), "again") != persona) __builtin_trap();
    (void)concepts_text(persona);
}

void read_again(const RolloutPlan& plan) noexcept {
    if (parse_rollout_plan(rollout_plan_text(plan), "again") != plan) __builtin_trap();
}

void read(std::uint8_t kind, std::string_view bytes) {
    static const ApiKeys keys = ApiKeys::parse("call 0123456789abcdef", "keys");
    switch (kind % 16) {
        case 0:
            (void)parse_completion_body(bytes, rules());
            break;
        case 1:
            (void)parse_chat_body(bytes, rules());
            break;
        case 2:
            (void)parse_embedding_body(bytes, rules());
            break;
        case 3:
            (void)parse_concept_body(bytes);
            break;
        case 4:
            read_http(bytes);
            break;
        case 5:
            (void)parse_model_name(bytes, rules().model_names);
            break;
        case 6:
            (void)keys.admit(bytes, Role::call);
            break;
        case 8:
            (void)parse_concept_query(bytes);
            break;
        case 9:
            (void)parse_audit_query(bytes);
            break;
        case 10:
            read_again(parse_persona(bytes, "file"));
            break;
        case 11:
            read_again(parse_rollout_plan(bytes, "file"));
            break;
        case 12:
            (void)gateway::parse_upstreams(bytes, "upstreams.json");
            break;
        case 13:
            read_events(bytes);
            break;
        default:
            (void)ApiKeys::parse(bytes, "file");
            break;
    }
}

}  // namespace
}  // namespace contrans::server

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    try {
        contrans::server::read(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
    } catch (const contrans::server::RequestError& error) {
        // What clients and logs are shown must be fit to be shown.
        if (contrans::first_invalid_utf8(error.what())) __builtin_trap();
        if (error.status() < 400 || error.status() > 599) __builtin_trap();
    } catch (const contrans::Error& error) {  // of files
        if (contrans::first_invalid_utf8(error.what())) __builtin_trap();
    }
    return 0;  // anything else that is thrown is a finding
}
