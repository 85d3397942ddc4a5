#include "apps/cli/opened_model.h"

namespace contrans::cli {

std::shared_ptr<const Model> open_model(const Session& session, const std::filesystem::path& file) {
    ModelOptions options;
    options.gpu_layers = session.options().gpu_layers;
    options.weights = session.options().keep_quants ? WeightMode::keep : WeightMode::expand_slow;
    return Model::load(file, options);
}

}  // namespace contrans::cli
