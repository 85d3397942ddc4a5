#pragma once

#include "apps/server/http_message.h"
#include "apps/server/json_body.h"
#include "apps/server/request_error.h"
#include "contrans/core/error.h"

namespace contrans::server {

/// OpenAI's {"error": {"message", "type", "param", "code"}}.
[[nodiscard]] Json error_json(const RequestError& error);
/// That with its status, and Retry-After where the error says when.
[[nodiscard]] HttpResponse error_response(const RequestError& error);

/// What the library's errors are to a client: what was asked for does not fit (400), or the server's own trouble (500),
/// whose text is not shown. @param param  the field that the call was made from
[[nodiscard]] RequestError request_error_of(const Error& error, const std::string& param);
[[nodiscard]] RequestError internal_error();

}  // namespace contrans::server
