#include "contrans/pipeline/check_evaluation.h"

#include <cstddef>
#include <string>

#include "contrans/core/error.h"
#include "contrans/evaluation/disjoint_tasks.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

void require_fit(const std::string& name, LayerIndex layer, std::size_t width, const Model& target) {
    if (width == target.d_model() && layer.value < target.n_layers()) return;
    throw Error(ErrorKind::model, name + ": steers layer " + std::to_string(layer.value) + " with width " +
                                      std::to_string(width) + "; " + describe(target.identity()) + " has " +
                                      std::to_string(target.n_layers()) + " layers of width " +
                                      std::to_string(target.d_model()));
}

}  // namespace

void check_evaluation(const Model& target, std::span<const Treatment> treatments, const EvaluateRequest& request) {
    if (treatments.empty() || request.task.items.empty()) {
        throw Error(ErrorKind::argument, "evaluate: needs at least one vector and one item");
    }
    if (request.dev_task) require_disjoint(*request.dev_task, request.task);
    if (request.proxy)
        require_fits(request.proxy->vector, request.proxy->vector.name, request.proxy->model->identity(),
                     request.identity);
    for (const Treatment& treatment : treatments) {
        const ControlVector& vector = treatment.vector;
        if (vector.layers.empty()) throw Error(ErrorKind::argument, "evaluate: " + vector.name + " steers no layer");
        if (vector.target) require_same_model(vector.name, *vector.target, target.identity(), request.identity);
        for (const ControlLayer& layer : vector.layers)
            require_fit(vector.name, layer.layer, layer.offset.size(), target);
        if (!treatment.controls) continue;
        const std::string name = "the controls of " + vector.name;
        require_same_model(name, treatment.controls->target, target.identity(), request.identity);
        for (const ControlDirection& control : treatment.controls->directions) {
            require_fit(name, control.target_layer, control.direction.size(), target);
        }
    }
}

}  // namespace contrans
