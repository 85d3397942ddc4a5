#include "apps/cli/global_options.h"

#include <CLI/CLI.hpp>

#include <limits>
#include "apps/cli/number_checks.h"
#include "contrans/runtime/rpc_servers.h"

namespace contrans::cli {
namespace {

CLI::Validator rpc_address() {
    const auto check = [](const std::string& given) -> std::string {
        try {
            (void)parse_rpc_address(given);
            return "";
        } catch (const Error& error) {
            return error.what();
        }
    };
    return {check, ""};
}

}  // namespace

void add_global_options(CLI::App& app, GlobalOptions& options) {
    app.add_flag("--json", options.json, "Print one JSON object on stdout, all else on stderr");
    app.add_option("--threads", options.threads, "CPU threads; 0: one per core")
        ->check(whole_number_within(0, 1024))
        ->capture_default_str();
    app.add_option("--gpu-layers", options.gpu_layers,
                   "Blocks offloaded to a GPU, or to the servers of --rpc; default: none, or all to servers")
        ->check(whole_number_within(0, 10000));
    app.add_option("--rpc", options.rpc_servers,
                   "HOST:PORT[,HOST:PORT…] of ggml-rpc-servers that compute the model's blocks; on trusted networks "
                   "alone: llama.cpp itself calls them insecure (docs/rpc.md)")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(rpc_address());
    app.add_option("--seed", options.seed, "Seed of everything drawn by chance")
        ->check(whole_number_within(0, std::numeric_limits<std::uint64_t>::max()))
        ->capture_default_str();
    app.add_flag("--quiet", options.quiet, "No progress and no notes on stderr");
    app.add_flag("--force", options.force, "Accept artefacts that were made with another model");
    app.add_option("--cost", options.cost_file,
                   "Write what the command took to this file: seconds, processor seconds, tokens, peak memory (JSON)");
    app.add_flag("--keep-quants", options.keep_quants,
                 "Use quantised weights as they are, instead of a BF16 copy in the cache where that is faster");
}

}  // namespace contrans::cli
