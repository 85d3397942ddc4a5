#include "tests/judge/fake_endpoint.h"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

namespace contrans::testing {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

const auto kLoopback = boost::asio::ip::address_v4::loopback();

}  // namespace

FakeEndpoint::FakeEndpoint(Reply reply)
    : reply_(std::move(reply)), acceptor_(context_, tcp::endpoint(kLoopback, 0)), thread_([this] { serve(); }) {}

FakeEndpoint::~FakeEndpoint() {
    ending_ = true;
    boost::system::error_code ignored;
    tcp::socket(context_).connect(acceptor_.local_endpoint(), ignored);  // wakes accept()
    thread_.join();
}

std::string FakeEndpoint::url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

std::vector<std::string> FakeEndpoint::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void FakeEndpoint::serve() {
    for (std::size_t n = 0;; ++n) {
        tcp::socket socket(context_);
        boost::system::error_code error;
        acceptor_.accept(socket, error);
        if (ending_) return;
        boost::beast::flat_buffer buffer;
        http::request<http::string_body> request;
        http::read(socket, buffer, request, error);
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request.body());
        }
        boost::asio::write(socket, boost::asio::buffer(reply_(n, request.body())), error);
        socket.shutdown(tcp::socket::shutdown_both, error);
    }
}

std::string dead_url() {
    boost::asio::io_context context;
    const tcp::acceptor acceptor(context, tcp::endpoint(kLoopback, 0));
    return "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
}

std::string http_reply(unsigned status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string completion(const std::vector<std::pair<std::string, double>>& likeliest) {
    nlohmann::json tokens = nlohmann::json::array();
    for (const auto& [token, probability] : likeliest)
        tokens.push_back({{"token", token}, {"logprob", std::log(probability)}});
    const nlohmann::json content = {{{"token", likeliest.front().first}, {"logprob", 0}, {"top_logprobs", tokens}}};
    const nlohmann::json body = {{"choices", {{{"index", 0}, {"logprobs", {{"content", content}}}}}}};
    return http_reply(200, body.dump());
}

}  // namespace contrans::testing
