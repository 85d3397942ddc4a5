#include "apps/server/server_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <mutex>
#include <sstream>

#include "apps/server/concept_metrics.h"
#include "apps/server/engine_metrics.h"
#include "apps/server/rollout_metrics.h"

namespace contrans::server {
namespace {

using prometheus::Histogram;

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

struct ServerMetrics::Families {
    std::mutex scraping;  // two scrapes at a time would each add what is missing to a total
    prometheus::Registry registry;

    prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                            .Name("contrans_requests_total")
                                                            .Help("Requests answered, by route and status")
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
                                 .Add({}, kSecondBuckets);
    Histogram& answer = prometheus::BuildHistogram()
                            .Name("contrans_answer_seconds")
                            .Help("From submission to the last token")
                            .Register(registry)
                            .Add({}, kSecondBuckets);

    prometheus::Family<prometheus::Counter>& generated =
        prometheus::BuildCounter().Name("contrans_generated_tokens_total").Help("Tokens of answers").Register(registry);
    prometheus::Family<prometheus::Counter>& prompts = prometheus::BuildCounter()
                                                           .Name("contrans_prompt_tokens_total")
                                                           .Help("Tokens of prompts, read or found in the cache")
                                                           .Register(registry);
    prometheus::Family<prometheus::Counter>& webhooks = prometheus::BuildCounter()
                                                            .Name("contrans_webhook_alerts_total")
                                                            .Help("Alerts to webhooks, by what became of them")
                                                            .Register(registry);
    ConceptMetrics concepts{registry};
    RolloutMetrics rollouts{registry};
    EngineMetrics engines{registry};

    /// A total that is counted elsewhere.
    static void bring(prometheus::Counter& counter, std::size_t total) {
        counter.Increment(static_cast<double>(total) - counter.Value());
    }
    void bring_totals(const ScrapedState& state) {
        bring(webhooks.Add({{"outcome", "delivered"}}), state.webhooks.delivered);
        bring(webhooks.Add({{"outcome", "failed"}}), state.webhooks.failed);
        bring(webhooks.Add({{"outcome", "dropped"}}), state.webhooks.dropped);
    }
    void show(const char* what, double value) { scheduler.Add({{"what", what}}).Set(value); }
    void show(const char* what, std::size_t value) { show(what, static_cast<double>(value)); }
    void show(const SchedulerStats& stats);
};

void ServerMetrics::Families::show(const SchedulerStats& stats) {
    bring(generated.Add({}), stats.generated_tokens);
    bring(prompts.Add({{"source", "read"}}), stats.prompt_tokens_read);
    bring(prompts.Add({{"source", "cache"}}), stats.prompt_tokens_cached);
    show("slots", stats.slots);
    show("running", stats.running);
    show("waiting", stats.waiting);
    show("refused", stats.refused);
    show("embeddings", stats.embeddings);
    show("prompt_tokens_read", stats.prompt_tokens_read);
    show("prompt_tokens_cached", stats.prompt_tokens_cached);
    show("generated_tokens", stats.generated_tokens);
    show("decodes", stats.decodes);
    show("rows", stats.rows);
    show("failed_decodes", stats.failed_decodes);
    show("busy_seconds", stats.busy_seconds);
    for (const auto& [how, count] : stats.finished) finished.Add({{"how", how}}).Set(static_cast<double>(count));
}

ServerMetrics::ServerMetrics() : families_(std::make_unique<Families>()) {}

ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::count(const RequestRecord& record) {
    families_->requests.Add({{"route", record.route}, {"status", std::to_string(record.status)}}).Increment();
    families_->concepts.count(record);
    families_->rollouts.count(record);
    families_->engines.count(record);
    if (!record.end) return;
    if (record.end->first_token.count() > 0) families_->first_token.Observe(seconds(record.end->first_token));
    families_->answer.Observe(seconds(record.end->total));
}

std::string ServerMetrics::text(const ScrapedState& state) {
    Families& all = *families_;
    const std::lock_guard alone(all.scraping);
    all.connections.Set(static_cast<double>(state.connections));
    all.bring_totals(state);
    all.rollouts.show(state.rollouts);
    all.engines.show(state.engines);
    if (state.scheduler) all.show(*state.scheduler);
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, all.registry.Collect());
    return text.str();
}

}  // namespace contrans::server
