#include "apps/server/server_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <sstream>

namespace contrans::server {
namespace {

using prometheus::Histogram;

const Histogram::BucketBoundaries kSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

struct ServerMetrics::Families {
    prometheus::Registry registry;

    prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                            .Name("contrans_requests_total")
                                                            .Help("Requests answered, by route and status")
                                                            .Register(registry);
    prometheus::Family<prometheus::Counter>& steered = prometheus::BuildCounter()
                                                           .Name("contrans_concept_requests_total")
                                                           .Help("Requests that a concept was applied to")
                                                           .Register(registry);
    prometheus::Family<prometheus::Gauge>& scheduler = prometheus::BuildGauge()
                                                           .Name("contrans_scheduler")
                                                           .Help("The scheduler: totals since the start, and of now")
                                                           .Register(registry);
    prometheus::Family<prometheus::Gauge>& finished = prometheus::BuildGauge()
                                                          .Name("contrans_answers_ended")
                                                          .Help("Answers since the start, by how they ended")
                                                          .Register(registry);
    prometheus::Gauge& connections =
        prometheus::BuildGauge().Name("contrans_connections").Help("Open connections").Register(registry).Add({});
    Histogram& first_token = prometheus::BuildHistogram()
                                 .Name("contrans_first_token_seconds")
                                 .Help("From submission to the first token")
                                 .Register(registry)
                                 .Add({}, kSeconds);
    Histogram& answer = prometheus::BuildHistogram()
                            .Name("contrans_answer_seconds")
                            .Help("From submission to the last token")
                            .Register(registry)
                            .Add({}, kSeconds);

    void show(const char* what, double value) { scheduler.Add({{"what", what}}).Set(value); }
    void show(const char* what, std::size_t value) { show(what, static_cast<double>(value)); }
};

ServerMetrics::ServerMetrics() : families_(std::make_unique<Families>()) {}

ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::count(const RequestRecord& record) {
    families_->requests.Add({{"route", record.route}, {"status", std::to_string(record.status)}}).Increment();
    for (const AppliedConcept& each : record.applied) families_->steered.Add({{"concept", each.name}}).Increment();
    if (!record.end) return;
    if (record.end->first_token.count() > 0) families_->first_token.Observe(seconds(record.end->first_token));
    families_->answer.Observe(seconds(record.end->total));
}

std::string ServerMetrics::text(const SchedulerStats& stats, std::size_t connections) {
    Families& all = *families_;
    all.connections.Set(static_cast<double>(connections));
    all.show("slots", stats.slots);
    all.show("running", stats.running);
    all.show("waiting", stats.waiting);
    all.show("refused", stats.refused);
    all.show("embeddings", stats.embeddings);
    all.show("prompt_tokens_read", stats.prompt_tokens_read);
    all.show("prompt_tokens_cached", stats.prompt_tokens_cached);
    all.show("generated_tokens", stats.generated_tokens);
    all.show("decodes", stats.decodes);
    all.show("rows", stats.rows);
    all.show("failed_decodes", stats.failed_decodes);
    all.show("busy_seconds", stats.busy_seconds);
    for (const auto& [how, count] : stats.finished) {
        all.finished.Add({{"how", how}}).Set(static_cast<double>(count));
    }
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, all.registry.Collect());
    return text.str();
}

}  // namespace contrans::server
