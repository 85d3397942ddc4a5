#include "apps/server/error_answer.h"

#include <string>

namespace contrans::server {
namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Json error_json(const RequestError& error) {
    return {{"error",
             {{"message", error.what()},
              {"type", error.type()},
              {"param", text_or_null(error.param())},
              {"code", text_or_null(error.code())}}}};
}

HttpResponse error_response(const RequestError& error) {
    HttpResponse response{error.status(), dump(error_json(error)) + "\n"};
    if (error.retry_after().count() > 0) {
        response.headers.emplace_back("Retry-After", std::to_string(error.retry_after().count()));
    }
    if (error.status() == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

RequestError request_error_of(const Error& error, const std::string& param) {
    const bool asked = error.kind() == ErrorKind::argument || error.kind() == ErrorKind::model;
    if (!asked) return internal_error();
    return {400, "invalid_request_error", param, error.what()};
}

RequestError internal_error() { return {500, "server_error", "", "the server could not do it; its log says more"}; }

}  // namespace contrans::server
