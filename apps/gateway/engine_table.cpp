#include "apps/gateway/engine_table.h"

#include "apps/gateway/engine_choice.h"
#include "contrans/core/error.h"

namespace contrans::gateway {

RequestSteering EngineTable::steering(const std::vector<PlannedConcept>& concepts) const {
    const auto upstreams = current();
    const Engine* engine = engine_for(*upstreams, wanted(concepts));
    if (engine == nullptr) {
        throw Error(ErrorKind::argument,
                    "no engine has " + mix_text(concepts) + "; there are " + mixes_text(*upstreams));
    }
    return {{RequestSteering::Segment{}}, applied(engine->mix)};
}

server::ArmSource::Material EngineTable::material(const std::vector<PlannedConcept>&) const { return {current()}; }

}  // namespace contrans::gateway
