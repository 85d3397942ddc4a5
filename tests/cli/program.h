#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace contrans::testing {

/// How the program is started.
struct ProgramSetup {
    std::filesystem::path folder;            ///< its working folder
    std::string out_file;                    ///< stdout goes here instead of being kept; empty: kept
    std::optional<std::size_t> file_limit;   ///< no file may grow past so many bytes, as on a full disk
    std::vector<std::string> launcher = {};  ///< command line before the program's, e.g. mpirun -n 2; empty: none
};

struct ProgramResult {
    int exit_code = -1;  ///< 128 + signal where one killed it
    std::string out;
    std::string error;
};

/// An environment variable with another value while this lives; programs started meanwhile see it.
class ChangedVariable {
public:
    ChangedVariable(std::string name, const std::string& value);
    ~ChangedVariable();
    ChangedVariable(const ChangedVariable&) = delete;
    ChangedVariable& operator=(const ChangedVariable&) = delete;

private:
    std::string name_;
    std::optional<std::string> before_;
};

/// "generate --prompt Hello" at spaces; arguments with spaces inside single quotes.
[[nodiscard]] std::vector<std::string> split_arguments(const std::string& text);

/// Runs build/…/contrans to its end.
[[nodiscard]] ProgramResult run_program(const std::string& arguments, const ProgramSetup& setup);

/// A program in flight, for signals. Destruction asks it to end if it still runs, since a launcher ends its own
/// programs then, and kills it after half a minute.
class RunningProgram {
public:
    RunningProgram(const std::string& arguments, const ProgramSetup& setup);
    ~RunningProgram();
    RunningProgram(const RunningProgram&) = delete;
    RunningProgram& operator=(const RunningProgram&) = delete;

    /// Waits until it handles SIGINT; false when it ended before.
    [[nodiscard]] bool wait_until_interruptible() const;
    void send(int signal) const;
    [[nodiscard]] pid_t process() const { return process_; }
    [[nodiscard]] ProgramResult wait();

private:
    ProgramSetup setup_;
    std::filesystem::path streams_;  // folder of what it writes
    pid_t process_ = -1;
};

/// What it writes when stderr is a terminal of 100 columns.
[[nodiscard]] ProgramResult run_on_terminal(const std::string& arguments, const ProgramSetup& setup);

}  // namespace contrans::testing
