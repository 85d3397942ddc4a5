#include "apps/cli/opened_model.h"

namespace contrans::cli {

std::shared_ptr<const Model> open_model(const Session& session, const std::filesystem::path& file) {
    ModelOptions options;
    options.gpu_layers = session.options().gpu_layers;
    options.weights = session.options().keep_quants ? WeightMode::keep : WeightMode::expand_slow;
    // The first rank may write a copy into the cache, which the others on its host then find.
    Communicator& ranks = session.ranks();
    if (!ranks.is_first()) ranks.barrier();
    auto model = Model::load(file, options);
    if (ranks.is_first()) ranks.barrier();
    return model;
}

}  // namespace contrans::cli
