#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>
#include <string_view>

#include "apps/cli/global_options.h"
#include "apps/cli/progress_bar.h"
#include "contrans/cluster/communicator.h"
#include "contrans/core/model_identity.h"
#include "contrans/core/progress.h"
#include "contrans/linalg/blas_threads.h"

namespace contrans::cli {

/// What a running subcommand is given beside its own options.
class Session {
public:
    /// The clock of seconds() starts here. Of several ranks only the first shows anything.
    Session(const GlobalOptions& options, std::string command, std::stop_token stop, Communicator& ranks);

    [[nodiscard]] const GlobalOptions& options() const { return options_; }
    /// As typed, for reports.
    [[nodiscard]] const std::string& command() const { return command_; }
    /// The processes that share the work; mostly this one alone.
    [[nodiscard]] Communicator& ranks() const { return ranks_; }
    [[nodiscard]] RunContext context() { return {&progress_, stop_}; }
    [[nodiscard]] IdentityMismatch identity_policy() const;
    [[nodiscard]] double seconds() const;

    /// The result, once and from the first rank: `object` with --json, `text` without. Throws Error{io} when stdout
    /// does not take it.
    void show(const nlohmann::ordered_json& object, std::string_view text) const;
    /// A remark for people, one line on stderr; nothing with --quiet.
    void note(std::string_view text) const;

private:
    const GlobalOptions& options_;
    std::string command_;
    std::stop_token stop_;
    Communicator& ranks_;
    ProgressBar progress_;
    std::chrono::steady_clock::time_point began_;
    BlasThreads blas_threads_;
};

}  // namespace contrans::cli
