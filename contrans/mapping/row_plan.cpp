#include "contrans/mapping/row_plan.h"

#include <algorithm>
#include <map>
#include <string>

#include "contrans/core/error.h"
#include "contrans/linalg/random_order.h"

namespace contrans {
namespace {

// Rows of each document, documents in rising order of their number.
using Documents = std::vector<std::vector<std::size_t>>;

Documents group_rows(std::span<const std::size_t> document) {
    std::map<std::size_t, std::vector<std::size_t>> groups;
    for (std::size_t r = 0; r < document.size(); ++r) groups[document[r]].push_back(r);
    Documents documents;
    for (auto& [number, rows] : groups) documents.push_back(std::move(rows));
    return documents;
}

std::size_t longest(const Documents& documents) {
    return std::ranges::max(documents, {}, &std::vector<std::size_t>::size).size();
}

void require_plannable(const Documents& documents, const RowPlanOptions& options) {
    if (options.held_out_every < 2 || options.n_differences == 0) {
        throw Error(ErrorKind::argument,
                    "plan_rows: held_out_every must be at least 2 and n_differences at least 1, got " +
                        std::to_string(options.held_out_every) + " and " + std::to_string(options.n_differences));
    }
    if (documents.size() < 4) {
        throw Error(ErrorKind::argument,
                    "plan_rows: needs rows of at least 4 documents, got " + std::to_string(documents.size()));
    }
}

// Indices into `documents`.
std::vector<std::size_t> held_out_documents(std::size_t n_documents, std::size_t every) {
    const std::size_t step = std::min(every, n_documents / 2);
    std::vector<std::size_t> held_out;
    for (std::size_t i = step - 1; i < n_documents; i += step) held_out.push_back(i);
    return held_out;
}

void split(const Documents& documents, std::span<const std::size_t> held_out, RowPlan& plan) {
    for (std::size_t i = 0; i < documents.size(); ++i) {
        auto& fold = std::ranges::binary_search(held_out, i) ? plan.held_out : plan.train;
        fold.insert(fold.end(), documents[i].begin(), documents[i].end());
    }
    std::ranges::sort(plan.train);
    std::ranges::sort(plan.held_out);
}

// Documents in random order, the rows of each shuffled, laid in a ring: turned by at least the longest document either
// way, no row meets one of its own document. Half a turn is the most there is.
std::vector<std::size_t> torn_partners(Documents documents, std::size_t n, RandomEngine& engine) {
    std::vector<std::size_t> ring;
    ring.reserve(n);
    for (const std::size_t i : random_order(documents.size(), engine)) {
        shuffle_in_place(documents[i], engine);
        ring.insert(ring.end(), documents[i].begin(), documents[i].end());
    }
    const std::size_t least = std::min(longest(documents), n / 2);
    const std::size_t turn = least + uniform_below(n - 2 * least + 1, engine);
    std::vector<std::size_t> partner(n);
    for (std::size_t t = 0; t < n; ++t) partner[ring[t]] = ring[(t + turn) % n];
    return partner;
}

void draw_differences(const Documents& documents, std::span<const std::size_t> held_out, std::size_t count,
                      RandomEngine& engine, RowPlan& plan) {
    const auto any_row = [&](std::size_t i) {
        const auto& rows = documents[held_out[i]];
        return rows[uniform_below(rows.size(), engine)];
    };
    for (std::size_t k = 0; k < count; ++k) {
        const std::size_t i = uniform_below(held_out.size(), engine);
        const std::size_t step = 1 + uniform_below(held_out.size() - 1, engine);
        plan.minuends.push_back(any_row(i));
        plan.subtrahends.push_back(any_row((i + step) % held_out.size()));
    }
}

std::vector<double> draw_lots(std::size_t count, RandomEngine& engine) {
    constexpr std::size_t kSteps = std::size_t{1} << 53;  // every one of them a double
    std::vector<double> lots(count);
    for (double& lot : lots) lot = static_cast<double>(uniform_below(kSteps, engine)) / static_cast<double>(kSteps);
    std::ranges::sort(lots);
    return lots;
}

}  // namespace

RowPlan plan_rows(std::span<const std::size_t> document, const RowPlanOptions& options) {
    const Documents documents = group_rows(document);
    require_plannable(documents, options);
    const std::vector<std::size_t> held_out = held_out_documents(documents.size(), options.held_out_every);
    RandomEngine engine(options.seed);
    RowPlan plan;
    split(documents, held_out, plan);
    plan.torn = torn_partners(documents, document.size(), engine);
    draw_differences(documents, held_out, options.n_differences, engine, plan);
    plan.lots = draw_lots(options.n_differences, engine);
    return plan;
}

}  // namespace contrans
