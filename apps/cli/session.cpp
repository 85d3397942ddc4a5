#include "apps/cli/session.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/cli/console.h"

namespace contrans::cli {

namespace {

ProgressStyle progress_style(const GlobalOptions& options, const Communicator& ranks) {
    return options.quiet || !ranks.is_first() ? ProgressStyle::none : progress_style_of_stderr();
}

}  // namespace

Session::Session(const GlobalOptions& options, std::string command, std::stop_token stop, Communicator& ranks)
    : options_(options),
      command_(std::move(command)),
      stop_(std::move(stop)),
      ranks_(ranks),
      progress_(progress_style(options, ranks)),
      began_(std::chrono::steady_clock::now()),
      blas_threads_(options.threads) {}

IdentityMismatch Session::identity_policy() const {
    return options_.force ? IdentityMismatch::allow : IdentityMismatch::refuse;
}

double Session::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void Session::show(const nlohmann::ordered_json& object, std::string_view text) const {
    if (!ranks_.is_first()) return;
    options_.json ? print_json(object) : print(text);
}

void Session::note(std::string_view text) const {
    if (!options_.quiet && ranks_.is_first()) std::fputs(("note: " + std::string(text) + "\n").c_str(), stderr);
}

}  // namespace contrans::cli
