#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "apps/gateway/upstreams.h"
#include "apps/server/arm_source.h"
#include "apps/server/replaceable.h"

namespace contrans::gateway {

/// The engines in effect, which others may take the place of while the gateway runs, and a rollout's arms from them.
/// Thread-safe.
class EngineTable : public server::ArmSource {
public:
    explicit EngineTable(Upstreams upstreams) : upstreams_(std::move(upstreams)) {}

    [[nodiscard]] std::shared_ptr<const Upstreams> current() const { return upstreams_.current(); }
    void replace(Upstreams upstreams) { upstreams_.replace(std::move(upstreams)); }

    /// What an engine of exactly this mix applies: it has no plan of ours. Throws where there is no such engine, with
    /// the mixes that there are.
    [[nodiscard]] RequestSteering steering(const std::vector<PlannedConcept>& concepts) const override;
    /// All engines: whichever file they came from last.
    [[nodiscard]] Material material(const std::vector<PlannedConcept>& concepts) const override;

private:
    server::Replaceable<Upstreams> upstreams_;
};

}  // namespace contrans::gateway
