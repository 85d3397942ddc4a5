#include "contrans/pipeline/check_evaluation.h"

#include <string>

#include "contrans/core/error.h"
#include "contrans/evaluation/disjoint_tasks.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {

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
        require_fits(vector, vector.name, target.identity(), request.identity);
        if (!treatment.controls) continue;
        const std::string name = "the controls of " + vector.name;
        require_same_model(name, treatment.controls->target, target.identity(), request.identity);
        for (const ControlDirection& control : treatment.controls->directions)
            require_layer_fits(control.target_layer, control.direction.size(), name, target.identity());
    }
}

}  // namespace contrans
