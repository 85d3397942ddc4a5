#include "apps/server/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace contrans::server {
namespace {

struct Reason {
    int status;
    std::string_view phrase;
};

constexpr std::array<Reason, 22> kReasons{{{200, "OK"},
                                           {201, "Created"},
                                           {400, "Bad Request"},
                                           {401, "Unauthorized"},
                                           {403, "Forbidden"},
                                           {404, "Not Found"},
                                           {405, "Method Not Allowed"},
                                           {408, "Request Timeout"},
                                           {409, "Conflict"},
                                           {413, "Content Too Large"},
                                           {415, "Unsupported Media Type"},
                                           {417, "Expectation Failed"},
                                           {422, "Unprocessable Content"},
                                           {429, "Too Many Requests"},
                                           {431, "Request Header Fields Too Large"},
                                           {499, "Client Closed Request"},
                                           {500, "Internal Server Error"},
                                           {501, "Not Implemented"},
                                           {502, "Bad Gateway"},
                                           {503, "Service Unavailable"},
                                           {504, "Gateway Timeout"},
                                           {505, "HTTP Version Not Supported"}}};

std::string hexadecimal(std::size_t number) {
    std::array<char, 20> text{};
    const auto end = std::to_chars(text.begin(), text.end(), number, 16).ptr;
    return {text.begin(), end};
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto found = std::find_if(kReasons.begin(), kReasons.end(),
                                    [status](const Reason& reason) { return reason.status == status; });
    return found == kReasons.end() ? "Unknown" : found->phrase;
}

Exchange::Exchange(HttpRequest request, const Socket& socket, std::chrono::milliseconds write_time)
    : request_(std::move(request)), socket_(socket), write_time_(write_time) {}

std::string Exchange::head(const HttpResponse& response, const std::string& length_header) const {
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
    head += reason_phrase(response.status);
    head += "\r\nContent-Type: " + response.content_type + "\r\n" + length_header;
    for (const auto& [name, value] : response.headers) head += name + ": " + value + "\r\n";
    head += "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";
    return head + (request_.keeps_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

bool Exchange::write(std::string_view bytes) {
    gone_ = gone_ || !socket_.send(bytes, Clock::now() + write_time_);
    return !gone_;
}

void Exchange::respond(const HttpResponse& response) {
    status_ = response.status;
    const std::string length = "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    write(head(response, length) + (request_.method == "HEAD" ? "" : response.body));
}

bool Exchange::begin(const HttpResponse& response) {
    status_ = response.status;
    if (!request_.streams) close_after();
    return write(head(response, request_.streams ? "Transfer-Encoding: chunked\r\n" : ""));
}

bool Exchange::send(std::string_view piece) {
    if (piece.empty()) return !gone_;
    if (!request_.streams) return write(piece);
    return write(hexadecimal(piece.size()) + "\r\n" + std::string(piece) + "\r\n");
}

bool Exchange::finish() { return request_.streams ? write("0\r\n\r\n") : !gone_; }

}  // namespace contrans::server
