#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace contrans::server {

/// A request that is refused, as OpenAI's error object says it. Thrown by everything that reads requests; caught once,
/// at the route. Its text is shown to the client: no secrets, no other client's words.
class RequestError : public std::runtime_error {
public:
    /// @param status  HTTP status @param type  "invalid_request_error" … @param param  the field, e.g.
    ///                "concepts[0].dose"; empty: none @param code  for programs, e.g. "model_not_found"; empty: none
    RequestError(int status, std::string type, std::string param, const std::string& message, std::string code = "")
        : std::runtime_error(message),
          status_(status),
          type_(std::move(type)),
          param_(std::move(param)),
          code_(std::move(code)) {}

    [[nodiscard]] int status() const noexcept { return status_; }
    [[nodiscard]] const std::string& type() const noexcept { return type_; }
    [[nodiscard]] const std::string& param() const noexcept { return param_; }
    [[nodiscard]] const std::string& code() const noexcept { return code_; }
    /// When to try again; 0: nothing is said of that.
    [[nodiscard]] std::chrono::seconds retry_after() const noexcept { return retry_after_; }
    [[nodiscard]] RequestError with_retry_after(std::chrono::seconds time) && {
        retry_after_ = time;
        return std::move(*this);
    }

private:
    int status_;
    std::string type_;
    std::string param_;
    std::string code_;
    std::chrono::seconds retry_after_{0};
};

/// Status 400 for a field that breaks a rule: "concepts[0].dose: RULE".
[[nodiscard]] inline RequestError bad_field(const std::string& path, std::string_view rule) {
    return {400, "invalid_request_error", path, path + ": " + std::string(rule)};
}

/// Status 400 for a body as a whole.
[[nodiscard]] inline RequestError bad_body(const std::string& rule) {
    return {400, "invalid_request_error", "", "body: " + rule};
}

}  // namespace contrans::server
