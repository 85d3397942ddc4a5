#include "tests/cli/program.h"

#include <fcntl.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/core/temporary_folder.h"

namespace contrans::testing {
namespace {

/// Between fork and exec: no allocation, no return.
[[noreturn]] void become_program(std::vector<char*>& arguments, const ProgramSetup& setup) {
    if (::chdir(setup.folder.c_str()) != 0) ::_exit(126);
    if (setup.file_limit) {
        const rlimit limit{*setup.file_limit, *setup.file_limit};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ::execvp(setup.launcher.empty() ? CONTRANS_BINARY : arguments.front(), arguments.data());
    ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& arguments) {
    std::vector<char*> list;
    for (std::string& argument : arguments) list.push_back(argument.data());
    list.push_back(nullptr);
    return list;
}

void redirect(const std::filesystem::path& file, int descriptor) {
    const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (opened < 0 || ::dup2(opened, descriptor) < 0) ::_exit(125);
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

std::vector<std::string> program_arguments(const std::string& text, const ProgramSetup& setup) {
    std::vector<std::string> all = setup.launcher;
    all.emplace_back(setup.launcher.empty() ? "contrans" : CONTRANS_BINARY);
    const std::vector<std::string> arguments = split_arguments(text);
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

/// Sends a child the signal and reaps it; false when that takes longer than half a minute.
bool ends_after(pid_t child, int signal) {
    ::kill(child, signal);
    for (int looks = 0; looks < 3000; ++looks) {
        if (::waitpid(child, nullptr, WNOHANG) != 0) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> bytes{};
    for (ssize_t n = 0; (n = ::read(descriptor, bytes.data(), bytes.size())) > 0;) {
        text.append(bytes.data(), static_cast<std::size_t>(n));
    }
    return text;  // a terminal ends with an error once its program is gone
}

}  // namespace

ChangedVariable::ChangedVariable(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    ::setenv(name_.c_str(), value.c_str(), 1);
}

ChangedVariable::~ChangedVariable() {
    before_ ? ::setenv(name_.c_str(), before_->c_str(), 1) : ::unsetenv(name_.c_str());
}

std::vector<std::string> split_arguments(const std::string& text) {
    std::vector<std::string> arguments;
    std::string current;
    bool quoted = false;
    bool open = false;
    for (const char c : text) {
        if (c == '\'') {
            quoted = !quoted;
            open = true;
        } else if (c == ' ' && !quoted) {
            if (open) arguments.push_back(current);
            current.clear();
            open = false;
        } else {
            current += c;
            open = true;
        }
    }
    if (open) arguments.push_back(current);
    return arguments;
}

RunningProgram::RunningProgram(const std::string& arguments, const ProgramSetup& setup) : setup_(setup) {
    std::string name = (std::filesystem::temp_directory_path() / "contrans-streams-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    streams_ = name;
    std::vector<std::string> list = program_arguments(arguments, setup);
    std::vector<char*> raw = pointers(list);
    const std::filesystem::path out = setup.out_file.empty() ? streams_ / "out" : std::filesystem::path(setup.out_file);
    const std::filesystem::path error = streams_ / "error";
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("fork failed");
    if (process_ > 0) return;
    redirect(out, STDOUT_FILENO);
    redirect(error, STDERR_FILENO);
    become_program(raw, setup_);
}

RunningProgram::~RunningProgram() {
    if (process_ > 0 && !ends_after(process_, SIGTERM)) {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    std::filesystem::remove_all(streams_);
}

bool RunningProgram::wait_until_interruptible() const {
    const std::string status = "/proc/" + std::to_string(process_) + "/status";
    for (int i = 0; i < 1000; ++i) {
        std::ifstream lines(status);
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("SigCgt:")) continue;
            if ((std::stoull(line.substr(8), nullptr, 16) >> (SIGINT - 1) & 1) != 0) return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

void RunningProgram::send(int signal) const { ::kill(process_, signal); }

ProgramResult RunningProgram::wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return {exit_code_of(status), read_bytes(streams_ / "out"), read_bytes(streams_ / "error")};
}

ProgramResult run_program(const std::string& arguments, const ProgramSetup& setup) {
    return RunningProgram(arguments, setup).wait();
}

ProgramResult run_on_terminal(const std::string& arguments, const ProgramSetup& setup) {
    std::vector<std::string> list = program_arguments(arguments, setup);
    std::vector<char*> raw = pointers(list);
    const winsize size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    int terminal = -1;
    const pid_t process = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (process < 0) throw std::runtime_error("no terminal");
    if (process == 0) {
        ::setenv("TERM", "xterm", 1);
        redirect("/dev/null", STDOUT_FILENO);
        become_program(raw, setup);
    }
    ProgramResult result;
    result.error = read_all(terminal);
    int status = 0;
    ::waitpid(process, &status, 0);
    ::close(terminal);
    result.exit_code = exit_code_of(status);
    return result;
}

}  // namespace contrans::testing
