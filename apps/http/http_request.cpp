#include "apps/http/http_request.h"

#include <algorithm>
#include <string_view>

#include "apps/http/http_stream.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

// A reply of one token with its likeliest others is a few kilobytes.
constexpr std::size_t kLargestReply = std::size_t{1} << 20;
/// How often it is looked whether to stop.
constexpr std::chrono::milliseconds kLook{100};

}  // namespace

EndpointAddress parse_http_url(const std::string& url, const std::string& option) {
    constexpr std::string_view kScheme = "http://";
    if (url.starts_with("https://")) {
        throw Error(ErrorKind::argument, option +
                                             ": no TLS is spoken: put a relay in front that takes http:// and speaks "
                                             "https:// (got " +
                                             in_quotes(url) + ")");
    }
    if (!url.starts_with(kScheme))
        throw Error(ErrorKind::argument, option + ": must begin with http:// (got " + in_quotes(url) + ")");
    std::string rest = url.substr(kScheme.size());
    EndpointAddress address{"", "80", ""};
    if (const std::size_t slash = rest.find('/'); slash != std::string::npos) {
        address.path = rest.substr(slash);
        rest.resize(slash);
    }
    if (const std::size_t colon = rest.rfind(':'); colon != std::string::npos) {
        address.port = rest.substr(colon + 1);
        rest.resize(colon);
    }
    address.host = rest;
    const bool numeric = !address.port.empty() && address.port.find_first_not_of("0123456789") == std::string::npos;
    const bool plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 127; });
    if (address.host.empty() || address.host.find('@') != std::string::npos || !numeric || !plain)
        throw Error(ErrorKind::argument, option + ": must be http://HOST:PORT/PATH (got " + in_quotes(url) + ")");
    return address;
}

EndpointAddress parse_endpoint(const std::string& url) {
    EndpointAddress address = parse_http_url(url, "--judge");
    while (address.path.ends_with('/')) address.path.pop_back();
    return address;
}

HttpReply post_json(const EndpointAddress& address, const std::string& path, const std::string& body,
                    const PostOptions& options) {
    HttpStream stream(address, {"POST", path, body, options.key, kLargestReply});
    const auto deadline = std::chrono::steady_clock::now() + options.time;
    const auto left = [&] {
        return std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    };
    while (!stream.complete() && stream.trouble().empty() && !options.stop.stop_requested() && left().count() > 0) {
        (void)stream.wait_for(std::min(left(), kLook));
    }
    if (stream.complete()) return {stream.status(), stream.take(), ""};
    if (!stream.trouble().empty()) return {0, "", stream.trouble()};
    if (options.stop.stop_requested()) return {0, "", "given up"};
    const auto seconds = std::chrono::duration<double>(options.time).count();
    return {0, "", "no reply within " + std::to_string(seconds).substr(0, 4) + " s"};
}

}  // namespace contrans
