#pragma once

#include <chrono>
#include <stop_token>
#include <string>

namespace contrans {

/// Where an HTTP server listens.
struct EndpointAddress {
    std::string host;
    std::string port;
    std::string path;  ///< what the URL has after the port, "/" at its end taken off where a request's path follows
};

/// Of "http://HOST[:PORT][/PATH]". Throws Error{argument} for another scheme, no host, or characters that no URL has.
/// @param option  that the URL was given to, for messages
[[nodiscard]] EndpointAddress parse_http_url(const std::string& url, const std::string& option);
/// The same of an endpoint whose routes lie under the path: without "/" at its end.
[[nodiscard]] EndpointAddress parse_endpoint(const std::string& url);

/// What came back, or why nothing did.
struct HttpReply {
    unsigned status = 0;  ///< 0: no reply
    std::string body;
    std::string trouble;  ///< of status 0: "connection refused", "no reply within 30 s"
};

struct PostOptions {
    std::string key;                 ///< sent as a bearer token; empty: none
    std::chrono::milliseconds time;  ///< for all of it: name, connection, request and reply
    std::stop_token stop = {};       ///< gives up within a tenth of a second; looking up a name alone is waited for
};

/// POSTs a JSON body to ADDRESS/path over a connection of its own; never throws for what the network does.
[[nodiscard]] HttpReply post_json(const EndpointAddress& address, const std::string& path, const std::string& body,
                                  const PostOptions& options);

}  // namespace contrans
