#pragma once

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include "apps/server/request_log.h"

namespace contrans::server {

/// Seconds from a token to a long answer.
inline const prometheus::Histogram::BucketBoundaries kSecondBuckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                                    1,     2.5,  5,     10,   30,  60,   300};

/// What is counted for each concept, and for unsteered answers under the empty name, which is no concept's. Of answers
/// only those that came to their own end count, so that those that clients broke off do not pass for short ones.
/// Thread-safe.
class ConceptMetrics {
public:
    explicit ConceptMetrics(prometheus::Registry& registry);
    void count(const RequestRecord& record);

private:
    void count_answer(const std::string& name, const RequestRecord& record);

    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& dose_;
    prometheus::Family<prometheus::Histogram>& answer_;
    prometheus::Family<prometheus::Histogram>& first_token_;
    prometheus::Family<prometheus::Counter>& refusals_;
    prometheus::Family<prometheus::Histogram>& repetition_;
    prometheus::Family<prometheus::Histogram>& projection_;
};

}  // namespace contrans::server
