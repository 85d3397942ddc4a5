#pragma once

#include <string>

#include "apps/server/request_error.h"
#include "apps/server/request_log.h"
#include "contrans/core/error.h"

namespace contrans::server {

/// 404 of a server that runs without one.
[[nodiscard]] inline RequestError no_registry() {
    return {404, "invalid_request_error", "", "this server has no registry: start it with --registry DIR",
            "no_registry"};
}

/// Who acts: without keys nobody is told apart, so approvals by a second person cannot be given here.
[[nodiscard]] inline std::string actor_of(const RequestRecord& record) {
    return record.key_name.empty() ? "anybody" : record.key_name;
}

/// Steps that the registry's rules refuse are the client's fault: 409, with the rule as message.
template <class Step>
void take_step(const char* code, const Step& step) {
    try {
        step();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::argument) throw;
        throw RequestError(409, "invalid_request_error", "", error.what(), code);
    }
}

}  // namespace contrans::server
