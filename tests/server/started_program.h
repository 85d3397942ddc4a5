#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace contrans::testing {

struct CommandResult {
    int exit_code = -1;
    std::string out;
};

/// Of the shell.
inline CommandResult run_command(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    CommandResult result;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) result.out += static_cast<char>(c);
    const int status = ::pclose(pipe);
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

/// The folder of a Debian package's programs; empty: not here, and not to be had.
/// @param programs  of the package, with spaces between
inline std::string debian_programs(const std::string& package, const std::string& programs) {
    const CommandResult found =
        run_command("'" CONTRANS_SOURCE_DIR "/tests/server/debian_programs' " + package + " " + programs);
    return found.exit_code == 0 ? found.out.substr(0, found.out.find('\n')) : "";
}

/// Free a moment ago, for programs that cannot choose one themselves.
inline int free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::close(descriptor);
    return ntohs(address.sin_port);
}

/// A program in flight, its output in a file; ends with this.
class StartedProgram {
public:
    StartedProgram(std::vector<std::string> arguments, const std::string& log) : process_(::fork()) {
        if (process_ != 0) return;
        std::vector<char*> pointers;
        for (std::string& each : arguments) pointers.push_back(each.data());
        pointers.push_back(nullptr);
        if (std::freopen(log.c_str(), "w", stdout) != nullptr && ::dup2(1, 2) == 2)
            ::execv(pointers[0], pointers.data());
        ::_exit(127);
    }
    ~StartedProgram() {
        ::kill(process_, SIGTERM);
        ::waitpid(process_, nullptr, 0);
    }
    StartedProgram(const StartedProgram&) = delete;
    StartedProgram& operator=(const StartedProgram&) = delete;

private:
    pid_t process_;
};

}  // namespace contrans::testing
