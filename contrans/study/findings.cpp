#include "contrans/study/findings.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>

#include "contrans/core/error.h"
#include "contrans/evaluation/html_text.h"
#include "contrans/evaluation/interval_json.h"
#include "contrans/evaluation/metrics.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/verdict.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;
using Number = std::optional<double>;

Number difference(Number a, Number b) { return a && b ? Number(*a - *b) : std::nullopt; }

const ConditionResult& result_of(const EvaluationReport& report, const std::string& task, std::string_view vector) {
    const ConditionResult* result = find_vector(report, task, vector);
    if (result == nullptr)
        throw Error(ErrorKind::argument, "findings: no result of " + std::string(vector) + " on " + task);
    return *result;
}

Interval gain_of(const ConditionResult& carried, const ConditionResult& none, const BootstrapOptions& options) {
    return bootstrap_difference(carried.item_values, none.item_values, none.item_groups, options);
}

/// Both null where choices are not the task; recovery also where native was not measured.
void add_margins(Finding& finding, const EvaluationReport& report, const ConditionResult& carried,
                 const ConditionResult& none, const BootstrapOptions& options) {
    const std::string by = to_string(Metric::margin);
    const ConditionResult* with = find_by_metric(report, carried, by);
    const ConditionResult* without = find_by_metric(report, none, by);
    if (with == nullptr || without == nullptr) return;
    finding.margin_gain = gain_of(*with, *without, options);
    const ConditionResult* native = find_result(report, carried.task, role::kNative);
    const ConditionResult* by_native = native != nullptr ? find_by_metric(report, *native, by) : nullptr;
    if (by_native == nullptr) return;
    const GainTriple triple = {carried.task, without->item_values, by_native->item_values, with->item_values,
                               without->item_groups};
    finding.margin_recovery = estimate_recovery(triple, options);
}

/// What the report would say if the margin were what the task is judged by; nothing where it has none.
std::optional<Outcome> outcome_by_margin(const EvaluationReport& report, const Verdict& verdict,
                                         const BootstrapOptions& options) {
    EvaluationReport margins;
    margins.provenance = report.provenance;
    for (const ConditionResult& result : report.results) {
        if (result.task != verdict.task || result.metric != to_string(Metric::margin)) continue;
        margins.results.push_back(result);
        margins.results.back().percentile95.reset();
    }
    if (margins.results.empty()) return std::nullopt;
    return judge(margins, verdict.task, verdict.vector, options).outcome;
}

const Verdict& verdict_of(const EvaluationReport& report, const std::string& vector) {
    const auto found = std::ranges::find(report.verdicts, vector, &Verdict::vector);
    if (found == report.verdicts.end()) throw Error(ErrorKind::argument, "findings: no verdict of " + vector);
    return *found;
}

/// Nothing where a steered layer was not compared.
Number mean_cka(const ControlVector& vector, LayerIndex source_layer, const MapSet& maps) {
    double sum = 0;
    for (const ControlLayer& layer : vector.layers) {
        const auto found = std::ranges::find_if(maps.similarity, [&](const LayerPairSimilarity& pair) {
            return pair.source_layer == source_layer && pair.target_layer == layer.layer;
        });
        if (found == maps.similarity.end()) return std::nullopt;
        sum += found->cka;
    }
    return vector.layers.empty() ? std::nullopt : Number(sum / static_cast<double>(vector.layers.size()));
}

void add_evidence(Finding& finding, const ControlVector& vector, const MapSet& maps) {
    if (!vector.provenance) return;
    const TransplantProvenance& known = *vector.provenance;
    finding.at(Predictor::development_gain) = difference(known.dev_value, known.dev_unsteered);
    if (known.agreement) finding.at(Predictor::agreement) = known.agreement->carried;
    finding.at(Predictor::directional) = known.directional;
    finding.at(Predictor::cka) = mean_cka(vector, known.source_layer, maps);
    finding.at(Predictor::token_match) = known.token_match;
}

std::string key_of(Predictor predictor) {
    std::string key(title_of(predictor));
    for (char& c : key) c = c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key;
}

Json json_of(Number value) { return value ? Json(*value) : Json(); }

Json margin_json(const Finding& finding) {
    return finding.margin_gain ? interval_to_json(*finding.margin_gain) : Json();
}

Json margin_recovery_json(const Finding& finding) {
    const RecoveryEstimate& recovery = finding.margin_recovery;
    if (!recovery.value) return {};
    return {{"value", *recovery.value}, {"low", json_of(recovery.low)}, {"high", json_of(recovery.high)}};
}

Json margin_outcome_json(const Finding& finding) {
    return finding.margin_outcome ? Json(to_string(*finding.margin_outcome)) : Json();
}

std::string words(Outcome outcome) {
    std::string text = to_string(outcome);
    std::ranges::replace(text, '-', ' ');
    return text;
}

std::string margin_words(const Finding& finding) {
    return finding.margin_outcome ? words(*finding.margin_outcome) : "-";
}

std::string source_text(const Finding& finding) {
    if (!finding.source_steered) return "-";
    return fixed(finding.source_unsteered) + " → " + fixed(finding.source_steered);
}

std::string margin_text(const Finding& finding) {
    return finding.margin_gain ? with_interval(*finding.margin_gain) : "-";
}

std::string recovery_text(const RecoveryEstimate& recovery) {
    return with_interval(recovery.value, recovery.low, recovery.high);
}

/// Nothing where the task has no margin.
std::string margin_clause(const Finding& finding) {
    if (!finding.margin_gain) return "";
    return ", margin " + margin_text(finding) + " nats (recovery " + recovery_text(finding.margin_recovery) + ", " +
           margin_words(finding) + ")";
}

std::string run_text(const Finding& finding) { return finding.models + ", seed " + std::to_string(finding.seed); }

/// Predictors that have a column of their own; the source's gain shows as from where to where.
constexpr auto kShownPredictors = std::span(kPredictors).subspan<1>();

std::vector<HtmlCell> concept_row(const Finding& finding, bool of_several_runs) {
    std::vector<HtmlCell> row = {{finding.concept_name, HtmlCell::Kind::row_heading, ""}};
    if (of_several_runs) row.push_back({run_text(finding), HtmlCell::Kind::text, ""});
    row.push_back({words(finding.outcome), HtmlCell::Kind::text, ""});
    row.push_back({margin_words(finding), HtmlCell::Kind::text, ""});
    row.push_back({with_interval(finding.gain), HtmlCell::Kind::number, ""});
    row.push_back({recovery_text(finding.recovery), HtmlCell::Kind::number, ""});
    row.push_back({margin_text(finding), HtmlCell::Kind::number, ""});
    row.push_back({recovery_text(finding.margin_recovery), HtmlCell::Kind::number, ""});
    row.push_back({source_text(finding), HtmlCell::Kind::number, ""});
    for (const Predictor predictor : kShownPredictors)
        row.push_back({fixed(finding.at(predictor)), HtmlCell::Kind::number, ""});
    return row;
}

std::string concepts_table(std::span<const Finding> findings) {
    const bool several = std::ranges::any_of(
        findings, [&](const Finding& finding) { return run_text(finding) != run_text(findings.front()); });
    std::vector<std::string> head = {"concept"};
    if (several) head.emplace_back("run");
    for (const char* title :
         {"outcome", "by the margin", "gain", "recovery", "margin, nats", "recovery of it", "source itself"})
        head.emplace_back(title);
    for (const Predictor predictor : kShownPredictors) head.emplace_back(title_of(predictor));
    std::vector<std::vector<HtmlCell>> rows;
    for (const Finding& finding : findings) rows.push_back(concept_row(finding, several));
    return html_table("What became of every concept, and what was known of it", head, rows);
}

std::string predictors_table(std::span<const PredictorRank> ranks) {
    const std::vector<std::string> head = {"predictor", "rank correlation with the gain", "findings"};
    std::vector<std::vector<HtmlCell>> rows;
    for (const PredictorRank& rank : ranks) {
        rows.push_back({{std::string(title_of(rank.predictor)), HtmlCell::Kind::row_heading, ""},
                        {with_interval(rank.correlation), HtmlCell::Kind::number, ""},
                        {std::to_string(rank.n), HtmlCell::Kind::number, ""}});
    }
    return html_table("What foretells the gain", head, rows);
}

}  // namespace

std::string_view title_of(Predictor predictor) {
    switch (predictor) {
        case Predictor::source_gain:
            return "source gain";
        case Predictor::native_gain:
            return "native gain";
        case Predictor::development_gain:
            return "development gain";
        case Predictor::agreement:
            return "agreement";
        case Predictor::directional:
            return "directional";
        case Predictor::cka:
            return "CKA";
        case Predictor::token_match:
            return "token match";
    }
    throw Error(ErrorKind::argument, "title_of: unknown predictor");
}

Finding find_out(const EvaluationReport& report, const ControlVector& vector, const MapSet& maps,
                 const EvaluationReport* in_source, const BootstrapOptions& options) {
    const Verdict& verdict = verdict_of(report, vector.name);
    const ConditionResult& none = result_of(report, verdict.task, role::kNone);
    const ConditionResult& carried = result_of(report, verdict.task, vector.name);
    Finding finding;
    finding.outcome = verdict.outcome;
    finding.gain = gain_of(carried, none, options);
    add_margins(finding, report, carried, none, options);
    finding.margin_outcome = outcome_by_margin(report, verdict, options);
    finding.recovery = {carried.recovery, carried.recovery_low, carried.recovery_high};
    add_evidence(finding, vector, maps);
    if (const ConditionResult* native = find_result(report, verdict.task, role::kNative))
        finding.at(Predictor::native_gain) = native->value - none.value;
    if (in_source == nullptr) return finding;
    finding.source_unsteered = result_of(*in_source, verdict.task, role::kNone).value;
    if (const ConditionResult* own = find_result(*in_source, verdict.task, role::kTransplanted))
        finding.source_steered = own->value;
    finding.at(Predictor::source_gain) = difference(finding.source_steered, finding.source_unsteered);
    return finding;
}

std::vector<PredictorRank> rank_predictors(std::span<const Finding> findings, const BootstrapOptions& options) {
    std::vector<PredictorRank> ranks;
    for (const Predictor predictor : kPredictors) {
        std::vector<double> values;
        std::vector<double> gains;
        std::vector<std::string> concepts;
        for (const Finding& finding : findings) {
            if (!finding.at(predictor)) continue;
            values.push_back(*finding.at(predictor));
            gains.push_back(finding.gain.value);
            concepts.push_back(finding.concept_name);
        }
        if (values.size() < kFewestFindings) continue;
        if (const auto correlation = bootstrap_rank_correlation(values, gains, concepts, options))
            ranks.push_back({predictor, values.size(), *correlation});
    }
    std::ranges::stable_sort(ranks, std::ranges::greater(),
                             [](const PredictorRank& rank) { return std::abs(rank.correlation.value); });
    return ranks;
}

std::string findings_to_json(std::span<const Finding> findings) {
    Json list = Json::array();
    for (const Finding& finding : findings) {
        Json& json = list.emplace_back(Json{{"models", finding.models},
                                            {"seed", finding.seed},
                                            {"concept", finding.concept_name},
                                            {"outcome", to_string(finding.outcome)},
                                            {"gain", interval_to_json(finding.gain)},
                                            {"margin_gain", margin_json(finding)},
                                            {"margin_recovery", margin_recovery_json(finding)},
                                            {"margin_outcome", margin_outcome_json(finding)},
                                            {"recovery", json_of(finding.recovery.value)},
                                            {"source_unsteered", json_of(finding.source_unsteered)},
                                            {"source_steered", json_of(finding.source_steered)}});
        for (const Predictor predictor : kPredictors) json[key_of(predictor)] = json_of(finding.at(predictor));
    }
    return list.dump(2) + "\n";
}

std::string predictors_to_json(std::span<const PredictorRank> ranks) {
    Json list = Json::array();
    for (const PredictorRank& rank : ranks) {
        list.push_back({{"predictor", key_of(rank.predictor)},
                        {"n", rank.n},
                        {"correlation", interval_to_json(rank.correlation)}});
    }
    return list.dump(2) + "\n";
}

std::string findings_html(std::span<const Finding> findings, std::span<const PredictorRank> ranks) {
    if (findings.empty()) return "";
    std::string html =
        "<h2>Findings</h2>\n<p>Which concepts transplant: the gain of carried vectors over none on test items, what "
        "it recovers of the native vector's, and what was known of the concept beside that. Margin: by how many nats "
        "the right choice gains on the best other one, also where it was the likelier already, and what it recovers "
        "of what the native vector gains there; by the margin: the "
        "verdict's rules on that number, against the controls' means. Source itself: the same items in the source, "
        "unsteered and by the concept's own vector there, searched alike.</p>\n" +
        concepts_table(findings);
    if (ranks.empty()) return html;
    return html +
           "<p>What foretells it: Spearman's rank correlation of each number with the gain, the strongest first; "
           "intervals are over concepts.</p>\n" +
           predictors_table(ranks);
}

std::string findings_table(std::span<const Finding> findings, std::span<const PredictorRank> ranks) {
    std::string text;
    for (const Finding& finding : findings) {
        text += finding.concept_name + ", " + run_text(finding) + ": " + words(finding.outcome) + ", gain " +
                with_interval(finding.gain) + margin_clause(finding) + ", in the source " + source_text(finding) + "\n";
    }
    for (const PredictorRank& rank : ranks) {
        text += "foretells the gain: " + std::string(title_of(rank.predictor)) + " " + with_interval(rank.correlation) +
                " over " + std::to_string(rank.n) + "\n";
    }
    return text;
}

}  // namespace contrans
