#include "apps/cli/console.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "contrans/core/error.h"

namespace contrans::cli {

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw Error(ErrorKind::io, std::string("stdout: cannot be written: ") + std::strerror(errno));
    }
}

void print_json(const nlohmann::ordered_json& object) {
    print(object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

void print_error(std::string_view text) noexcept {
    std::fputs("contrans: ", stderr);
    for (const char c : text) std::fputc(c == '\n' || c == '\r' ? ' ' : c, stderr);
    std::fputc('\n', stderr);
}

}  // namespace contrans::cli
