#include "apps/cli/global_options.h"

#include <CLI/CLI.hpp>

#include <limits>
#include "apps/cli/number_checks.h"

namespace contrans::cli {

void add_global_options(CLI::App& app, GlobalOptions& options) {
    app.add_flag("--json", options.json, "Print one JSON object on stdout, all else on stderr");
    app.add_option("--threads", options.threads, "CPU threads; 0: one per core")
        ->check(whole_number_within(0, 1024))
        ->capture_default_str();
    app.add_option("--gpu-layers", options.gpu_layers, "Blocks offloaded to a GPU")
        ->check(whole_number_within(0, 10000))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "Seed of everything drawn by chance")
        ->check(whole_number_within(0, std::numeric_limits<std::uint64_t>::max()))
        ->capture_default_str();
    app.add_flag("--quiet", options.quiet, "No progress and no notes on stderr");
    app.add_flag("--force", options.force, "Accept artefacts that were made with another model");
    app.add_flag("--keep-quants", options.keep_quants,
                 "Use quantised weights as they are, instead of a BF16 copy in the cache where that is faster");
}

}  // namespace contrans::cli
