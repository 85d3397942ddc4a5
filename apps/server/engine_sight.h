#pragma once

#include <string>

namespace contrans::server {

/// An engine behind a gateway, as it was last seen.
struct EngineSight {
    std::string name;
    bool up = false;
};

}  // namespace contrans::server
