#include "apps/cli/opened_model.h"

#include <unistd.h>

#include <cstdio>

#include "apps/cli/console.h"
#include "apps/cli/exit_code.h"
#include "apps/cli/progress_bar.h"
#include "contrans/runtime/rpc_servers.h"

namespace contrans::cli {
namespace {

// In the middle of whatever ran, on llama.cpp's thread: nothing can be unwound any more.
void end_as_lost(const Error& error) {
    if (progress_style_of_stderr() == ProgressStyle::bar) std::fputs("\r\x1b[K", stderr);
    print_error(error.what());
    ::_exit(static_cast<int>(exit_code_of(error.kind())));
}

}  // namespace

std::shared_ptr<const Model> open_model(const Session& session, const std::filesystem::path& file) {
    return open_model(session, file, session.options().keep_quants ? WeightMode::keep : WeightMode::expand_slow);
}

std::shared_ptr<const Model> open_model(const Session& session, const std::filesystem::path& file, WeightMode weights) {
    ModelOptions options;
    options.gpu_layers = session.options().gpu_layers;
    options.rpc_servers = session.options().rpc_servers;
    if (!options.rpc_servers.empty()) set_abort_handler(&end_as_lost);
    options.weights = weights;
    // The first rank may write a copy into the cache, which the others on its host then find.
    Communicator& ranks = session.ranks();
    if (!ranks.is_first()) ranks.barrier();
    auto model = Model::load(file, options);
    if (ranks.is_first()) ranks.barrier();
    return model;
}

}  // namespace contrans::cli
