#include "apps/server/concept_metrics.h"

#include <chrono>
#include <set>
#include <string>

#include "apps/server/answer_outcomes.h"

namespace contrans::server {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

const Buckets kDoses{-3, -1, -0.5, -0.2, 0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 3};
const Buckets kRepetitions{0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9};

/// Finest where doses lie: what a concept adds to its projection is its dose.
Buckets projection_buckets() {
    Buckets buckets{-3, -2, -1.5, -1};
    for (int step = -18; step < 20; ++step) buckets.push_back(0.05 * step);
    for (const double high : {1.0, 1.5, 2.0, 3.0}) buckets.push_back(high);
    return buckets;
}

double seconds(std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); }

/// A share of the state is taken out by project_out: no dose.
bool has_dose(const AppliedConcept& applied) { return applied.op != SteeringOperator::project_out; }

template <class Builder>
auto& family(Builder builder, const char* name, const char* help, prometheus::Registry& registry) {
    return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

ConceptMetrics::ConceptMetrics(prometheus::Registry& registry)
    : requests_(family(prometheus::BuildCounter(), "contrans_concept_requests_total",
                       "Requests that a concept was applied to; with an empty concept, unsteered answers", registry)),
      dose_(family(prometheus::BuildHistogram(), "contrans_concept_dose",
                   "Doses that a concept was applied at, in units of the layer's spread", registry)),
      answer_(family(prometheus::BuildHistogram(), "contrans_concept_answer_seconds",
                     "From submission to the last token, by concept", registry)),
      first_token_(family(prometheus::BuildHistogram(), "contrans_concept_first_token_seconds",
                          "From submission to the first token, by concept", registry)),
      refusals_(family(prometheus::BuildCounter(), "contrans_concept_refusals_total",
                       "Answers whose text declines to answer, by concept", registry)),
      repetition_(family(prometheus::BuildHistogram(), "contrans_concept_repetition_ratio",
                         "Share of an answer's text that repeats itself, by concept", registry)),
      projection_(family(prometheus::BuildHistogram(), "contrans_concept_projection",
                         "Mean projection of an answer on the direction of a concept that steered it, in units of dose",
                         registry)) {}

void ConceptMetrics::count(const RequestRecord& record) {
    std::set<std::string> names;
    for (const AppliedConcept& each : record.applied) {
        names.insert(each.name);
        if (has_dose(each)) dose_.Add({{"concept", each.name}}, kDoses).Observe(each.dose);
    }
    if (names.empty() && record.end) names.insert("");
    for (const std::string& name : names) {
        requests_.Add({{"concept", name}}).Increment();
        if (came_to_its_end(record)) count_answer(name, record);
    }
    static const Buckets buckets = projection_buckets();
    for (const ConceptProjection& each : projections_of(record)) {
        projection_.Add({{"concept", each.concept_name}}, buckets).Observe(each.mean);
    }
}

void ConceptMetrics::count_answer(const std::string& name, const RequestRecord& record) {
    const prometheus::Labels labels{{"concept", name}};
    answer_.Add(labels, kSecondBuckets).Observe(seconds(record.end->total));
    first_token_.Add(labels, kSecondBuckets).Observe(seconds(record.end->first_token));
    repetition_.Add(labels, kRepetitions).Observe(record.signals.repetition);
    refusals_.Add(labels).Increment(record.signals.refusal ? 1 : 0);
}

}  // namespace contrans::server
