#include "tests/server/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace contrans::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::string small_letters(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

void read_head(const std::string& head, HttpAnswer& answer) {
    answer.status = std::stoi(head.substr(9, 3));
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
        const std::size_t end = head.find("\r\n", at + 2);
        const std::string line = head.substr(at + 2, end - at - 2);
        const std::size_t colon = line.find(": ");
        if (colon != std::string::npos) answer.headers[small_letters(line.substr(0, colon))] = line.substr(colon + 2);
        at = end;
    }
}

}  // namespace

std::vector<nlohmann::json> HttpAnswer::events() const {
    std::vector<nlohmann::json> events;
    for (std::size_t at = 0; (at = body.find("data: ", at)) != std::string::npos;) {
        const std::size_t end = body.find("\n\n", at);
        const std::string data = body.substr(at + 6, end - at - 6);
        if (data != "[DONE]") events.push_back(nlohmann::json::parse(data, nullptr, false));
        if (end == std::string::npos) break;
        at = end;
    }
    return events;
}

std::string HttpAnswer::error(const char* key) const {
    const nlohmann::json object = json();
    if (!object.is_object() || !object.contains("error") || !object["error"].contains(key)) return "";
    return object["error"][key].is_string() ? object["error"][key].get<std::string>() : object["error"][key].dump();
}

Wire::Wire(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        ::close(descriptor_);
        throw std::runtime_error("cannot connect to " + address);
    }
}

Wire::~Wire() { close(); }

void Wire::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

bool Wire::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Wire::receive(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd watched{descriptor_, POLLIN, 0};
    if (closed_ || left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) <= 0) return false;
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    closed_ = got <= 0;
    if (got > 0) pending_.append(bytes.data(), static_cast<std::size_t>(got));
    return !closed_;
}

HttpAnswer Wire::read(std::chrono::milliseconds time) {
    const auto deadline = Clock::now() + time;
    HttpAnswer answer;
    const auto have = [&](const auto& ready) {
        while (!ready()) {
            if (!receive(deadline)) return false;
        }
        return true;
    };
    const auto take = [&](std::size_t bytes) {
        std::string taken = pending_.substr(0, bytes);
        pending_.erase(0, bytes);
        return taken;
    };
    std::size_t end = 0;
    const auto line_is_there = [&](const char* mark) {
        return have([&] { return (end = pending_.find(mark)) != std::string::npos; });
    };
    if (!line_is_there("\r\n\r\n")) return answer;
    read_head(take(end + 4), answer);
    if (answer.headers.contains("content-length")) {
        const std::size_t length = std::stoul(answer.headers["content-length"]);
        have([&] { return pending_.size() >= length; });
        answer.body = take(length);
    } else if (answer.headers.contains("transfer-encoding")) {
        while (line_is_there("\r\n")) {
            const std::size_t length = std::stoul(take(end + 2), nullptr, 16);
            have([&] { return pending_.size() >= length + 2; });
            answer.body += take(length + 2).substr(0, length);
            if (length == 0) break;
        }
    } else if (answer.status >= 200) {
        have([] { return false; });
        answer.body = take(pending_.size());
    }
    return answer;
}

std::string Wire::read_some(std::size_t bytes, std::chrono::milliseconds time) {
    const auto deadline = Clock::now() + time;
    while (pending_.size() < bytes && receive(deadline)) {
    }
    return pending_;
}

bool Wire::closes_within(std::chrono::milliseconds time) {
    const auto deadline = Clock::now() + time;
    while (receive(deadline)) {
    }
    return closed_;
}

std::string request_text(const std::string& method, const std::string& path, const std::string& body,
                         const std::string& headers) {
    const std::string length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return method + " " + path + " HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n" + headers + length +
           "\r\n" + body;
}

HttpAnswer ask(const std::string& address, const std::string& method, const std::string& path, const std::string& body,
               const std::string& headers) {
    Wire wire(address);
    wire.send(request_text(method, path, body, headers));
    return wire.read();
}

}  // namespace contrans::testing
