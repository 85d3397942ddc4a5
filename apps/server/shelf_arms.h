#pragma once

#include <functional>
#include <string>
#include <utility>

#include "apps/server/arm_source.h"
#include "contrans/serve/concept_shelf.h"

namespace contrans::server {

/// Arms from the concepts that a server offers.
class ShelfArms : public ArmSource {
public:
    /// The registry's name of what a concept on the shelf is, "polite@2".
    using VersionOf = std::function<std::string(const ServedConcept&)>;

    /// @param shelf  outlives this
    ShelfArms(const ConceptShelf& shelf, VersionOf version_of, DoseRule rule = DoseRule::tested_only)
        : shelf_(shelf), version_of_(std::move(version_of)), rule_(rule) {}

    /// Throws for a concept that is not on the shelf as the plan names it, or a dose out of range.
    [[nodiscard]] RequestSteering steering(const std::vector<PlannedConcept>& concepts) const override;
    [[nodiscard]] Material material(const std::vector<PlannedConcept>& concepts) const override;

private:
    const ConceptShelf& shelf_;
    VersionOf version_of_;
    DoseRule rule_;
};

}  // namespace contrans::server
