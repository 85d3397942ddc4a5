#pragma once

#include <string>
#include <utility>
#include <vector>

namespace contrans::server {

/// A request that has arrived whole.
struct HttpRequest {
    std::string method;  ///< "GET"
    std::string path;    ///< "/v1/models", without the query
    std::string query;
    std::string authorization;  ///< the header's value; empty: none
    std::string origin;         ///< likewise; browsers alone send it
    std::string host;
    std::string body;
    bool keeps_alive = true;  ///< the client would send more on this connection
    bool streams = true;      ///< HTTP/1.1, whose answers may come in chunks
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    HttpHeaders headers = {};
};

}  // namespace contrans::server
