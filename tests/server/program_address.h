#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/core/temporary_folder.h"

namespace contrans::testing {

/// What follows "http://" on the one line that `contrans serve` writes to `out`; empty when none came in half a minute.
inline std::string address_from(const std::filesystem::path& out) {
    for (int looks = 0; looks < 3000; ++looks) {
        const std::string text = read_bytes(out);
        const std::size_t at = text.find("http://");
        if (at != std::string::npos && text.ends_with('\n')) return text.substr(at + 7, text.size() - at - 8);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return "";
}

}  // namespace contrans::testing
