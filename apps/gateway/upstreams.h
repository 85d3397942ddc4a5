#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "apps/http/http_request.h"
#include "contrans/rollout/rollout_plan.h"

namespace contrans::gateway {

/// A mix of concepts that an engine has built in; empty: the model as it is.
using Mix = std::vector<PlannedConcept>;

/// An OpenAI-compatible server, which steers every answer by one mix.
struct Engine {
    std::string name;
    EndpointAddress address;  ///< its path is what stands before "/v1"
    std::string model;        ///< sent to it in place of the client's; empty: the client's goes on
    std::string key_file;     ///< as written; empty: none
    std::string key;          ///< what key_file holds
    Mix mix;
};

/// The engines behind a gateway, in the file's order.
struct Upstreams {
    std::string model;  ///< the name that clients see
    std::vector<Engine> engines;
};

/// Reads upstreams.json (docs/gateway.md has every key); key files are not opened. Throws Error{format} naming key and
/// rule: for an unknown key too, two engines of one name or one mix, and anything but one engine without concepts.
/// @param origin  for messages
[[nodiscard]] Upstreams parse_upstreams(std::string_view text, const std::string& origin);

/// The same of a file, with its engines' keys: their files' names count from its folder, each holds one line. Throws
/// Error{io} too.
[[nodiscard]] Upstreams read_upstreams(const std::filesystem::path& file);

/// The engine without concepts.
[[nodiscard]] const Engine& plain_engine(const Upstreams& upstreams);

}  // namespace contrans::gateway
