#include "apps/server/shelf_arms.h"

#include "contrans/core/error.h"
#include "contrans/registry/names.h"

namespace contrans::server {

RequestSteering ShelfArms::steering(const std::vector<PlannedConcept>& concepts) const {
    std::vector<ConceptChoice> choices;
    for (const PlannedConcept& planned : concepts) {
        const auto served = shelf_.find(planned.name);
        if (!served) throw Error(ErrorKind::argument, "concept " + planned.name + " is not loaded");
        const std::string wanted = version_name(planned.name, planned.version);
        if (planned.version != 0 && version_of_(*served) != wanted) {
            throw Error(ErrorKind::argument, "the loaded " + planned.name + " is not " + wanted);
        }
        choices.push_back({.name = planned.name, .dose = planned.dose});
    }
    return steering_of(shelf_, choices, rule_);
}

ArmSource::Material ShelfArms::material(const std::vector<PlannedConcept>& concepts) const {
    Material material;
    for (const PlannedConcept& planned : concepts) material.push_back(shelf_.find(planned.name));
    return material;
}

}  // namespace contrans::server
