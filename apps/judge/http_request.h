#pragma once

#include <chrono>
#include <string>

namespace contrans {

/// Where an OpenAI-compatible endpoint listens.
struct EndpointAddress {
    std::string host;
    std::string port;
    std::string path;  ///< before "/v1/…"; mostly empty
};

/// Of "http://HOST[:PORT][/PATH]". Throws Error{argument} for another scheme, or no host.
[[nodiscard]] EndpointAddress parse_endpoint(const std::string& url);

/// What came back, or why nothing did.
struct HttpReply {
    unsigned status = 0;  ///< 0: no reply
    std::string body;
    std::string trouble;  ///< of status 0: "connection refused", "no reply within 30 s"
};

/// POSTs a JSON body to ADDRESS/path over a connection of its own; never throws for what the network does.
/// @param time  for all of it: name, connection, request and reply
[[nodiscard]] HttpReply post_json(const EndpointAddress& address, const std::string& path, const std::string& body,
                                  const std::string& key, std::chrono::milliseconds time);

}  // namespace contrans
