#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/gateway/upstreams.h"
#include "contrans/serve/concept_choice.h"

namespace contrans::gateway {

/// A concept as somebody wants it; what they leave open fits anything.
struct WantedConcept {
    std::string name;
    std::optional<double> dose;
    std::int64_t version = 0;  ///< 0: any
};
[[nodiscard]] std::vector<WantedConcept> wanted(const Mix& planned);
/// Throws RequestError 400 for what engines do not do: anything but adding to every token, a concept twice.
[[nodiscard]] std::vector<WantedConcept> wanted(std::span<const ConceptChoice> choices);

/// The engine with exactly this mix, in whatever order; the first listed where several fit. Null: there is none.
[[nodiscard]] const Engine* engine_for(const Upstreams& upstreams, std::span<const WantedConcept> mix);

/// "polite@0.3 version 2 + brief@0.2"; "no concepts"
[[nodiscard]] std::string mix_text(const Mix& mix);
/// "plain: no concepts; polite: polite@0.3 version 2"
[[nodiscard]] std::string mixes_text(const Upstreams& upstreams);

/// The mix as an answer, the log and the audit log tell of it.
[[nodiscard]] std::vector<AppliedConcept> applied(const Mix& mix);

}  // namespace contrans::gateway
