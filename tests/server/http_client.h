#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace contrans::testing {

/// An answer as it came over the wire.
struct HttpAnswer {
    int status = 0;                              ///< 0: the connection ended before there was one
    std::map<std::string, std::string> headers;  ///< names in small letters
    std::string body;                            ///< chunks joined

    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
    /// The data of server-sent events, "[DONE]" left out.
    [[nodiscard]] std::vector<nlohmann::json> events() const;
    [[nodiscard]] bool done_event_came() const { return body.ends_with("data: [DONE]\n\n"); }
    /// "error.type" and so on of OpenAI's error object; empty: it is none.
    [[nodiscard]] std::string error(const char* key) const;
};

/// A plain TCP connection to "127.0.0.1:PORT", for tests that send what no HTTP library would.
class Wire {
public:
    explicit Wire(const std::string& address);
    ~Wire();
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;

    /// Whether the other side took it.
    bool send(std::string_view bytes);
    /// One answer; waits at most so long.
    [[nodiscard]] HttpAnswer read(std::chrono::milliseconds time = std::chrono::seconds(60));
    /// Until so many bytes of the answer are there, or the time is over. @return all that has come
    [[nodiscard]] std::string read_some(std::size_t bytes, std::chrono::milliseconds time = std::chrono::seconds(60));
    /// Whether the other side ends the connection within the time.
    [[nodiscard]] bool closes_within(std::chrono::milliseconds time);
    void close();

private:
    bool receive(std::chrono::steady_clock::time_point deadline);

    int descriptor_ = -1;
    std::string pending_;
    bool closed_ = false;
};

/// A request as a client would send it. @param headers  lines that end in \r\n
[[nodiscard]] std::string request_text(const std::string& method, const std::string& path, const std::string& body = "",
                                       const std::string& headers = "");

/// Its answer, over a connection of its own.
[[nodiscard]] HttpAnswer ask(const std::string& address, const std::string& method, const std::string& path,
                             const std::string& body = "", const std::string& headers = "");

}  // namespace contrans::testing
