#include "apps/server/engine_metrics.h"

#include <chrono>

#include "apps/server/concept_metrics.h"

namespace contrans::server {
namespace {

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

template <class Builder>
auto& family(Builder builder, const char* name, const char* help, prometheus::Registry& registry) {
    return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

EngineMetrics::EngineMetrics(prometheus::Registry& registry)
    : requests_(family(prometheus::BuildCounter(), "contrans_engine_requests_total",
                       "Requests that an engine was asked, by how they ended; refused: by the engine", registry)),
      first_piece_(family(prometheus::BuildHistogram(), "contrans_engine_first_piece_seconds",
                          "From the request to the first piece with text, by engine", registry)),
      answer_(family(prometheus::BuildHistogram(), "contrans_engine_answer_seconds",
                     "From the request to the answer's end, by engine", registry)),
      up_(family(prometheus::BuildGauge(), "contrans_engine_up", "1 where the engine's /health answered, else 0",
                 registry)) {}

void EngineMetrics::count(const RequestRecord& record) {
    if (record.engine.empty()) return;
    const prometheus::Labels labels{{"engine", record.engine}};
    requests_.Add({{"engine", record.engine}, {"ended", record.end ? to_string(record.end->reason) : "refused"}})
        .Increment();
    if (!record.end) return;
    if (record.end->first_token.count() > 0) {
        first_piece_.Add(labels, kSecondBuckets).Observe(seconds(record.end->first_token));
    }
    answer_.Add(labels, kSecondBuckets).Observe(seconds(record.end->total));
}

void EngineMetrics::show(const std::vector<EngineSight>& sights) {
    for (const EngineSight& sight : sights) up_.Add({{"engine", sight.name}}).Set(sight.up ? 1 : 0);
}

}  // namespace contrans::server
