#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace contrans::cli {

/// What every subcommand takes, before or after its name.
struct GlobalOptions {
    bool json = false;                     ///< one JSON object on stdout instead of text
    std::size_t threads = 0;               ///< 0: one per core
    std::optional<int> gpu_layers;         ///< blocks offloaded to a GPU or to servers; none: as ModelOptions says
    std::vector<std::string> rpc_servers;  ///< HOST:PORT of ggml-rpc-servers; empty: none
    std::uint64_t seed = 1;
    bool quiet = false;        ///< no progress and no notes on stderr
    bool force = false;        ///< accept artefacts made with another model
    std::string cost_file;     ///< where to write what the command took; empty: nowhere
    bool keep_quants = false;  ///< weights as they are in the file, not expanded to BF16 where that is faster
};

void add_global_options(CLI::App& app, GlobalOptions& options);

}  // namespace contrans::cli
