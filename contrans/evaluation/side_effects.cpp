#include "contrans/evaluation/side_effects.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/json_reader.h"
#include "contrans/evaluation/html_matrix.h"
#include "contrans/evaluation/mean.h"
#include "contrans/evaluation/metrics.h"
#include "contrans/evaluation/multiple_tests.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/paired_test.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSignificance = 0.05;

GroupTest test_of(const std::string& metric) {
    return metric == kParity || is_graded(parse_metric(metric)) ? GroupTest::means : GroupTest::sign_flips;
}

SideEffect summarised(const SideEffectValues& cell, const BootstrapOptions& options) try {
    const PairedDifference found =
        paired_difference(cell.steered, cell.unsteered, cell.groups, options, test_of(cell.metric));
    return {.vector = cell.vector,
            .task = cell.task,
            .metric = cell.metric,
            .n = cell.unsteered.size(),
            .unsteered = mean_of(cell.unsteered),
            .steered = mean_of(cell.steered),
            .low = found.difference.low,
            .high = found.difference.high,
            .p = found.p,
            .p_adjusted = found.p,
            .q = found.p,
            .detectable = found.detectable};
} catch (const Error& error) {
    throw Error(error.kind(), cell.vector + " on " + cell.task + ": " + error.what());
}

std::string difference_text(const SideEffect& effect) {
    const double difference = effect.steered - effect.unsteered;
    return (difference > 0 ? "+" : "") + with_interval(difference, effect.low, effect.high);
}

std::string note_of(const SideEffect& effect) {
    const std::string from = "from " + fixed(effect.unsteered);
    return is_certain(effect) ? from + ", certain" : is_likely(effect) ? from + ", likely" : from;
}

std::string least_detectable(std::span<const SideEffect> effects) {
    const auto by_size = [](const SideEffect& a, const SideEffect& b) { return a.detectable < b.detectable; };
    const auto [least, most] = std::minmax_element(effects.begin(), effects.end(), by_size);
    return fixed(least->detectable) + " to " + fixed(most->detectable);
}

std::string matrix(const std::string& caption, std::span<const SideEffect> effects) {
    return html_matrix(caption, effects, &SideEffect::task, [](const SideEffect& effect) {
        return HtmlCell{difference_text(effect), HtmlCell::Kind::number, note_of(effect)};
    });
}

std::string margin_html(std::span<const SideEffect> effects) {
    if (effects.empty()) return "";
    return "<h3>By the margin</h3>\n<p>The same in nats: by how much the right choice gains on the best other one. It "
           "moves where no answer flips, and is tested by Student's t over templates, which knows no least p.</p>\n" +
           matrix("Change of the margin by every vector on every task", effects);
}

std::string calibration_html(std::span<const SideEffect> effects) {
    if (effects.empty()) return "";
    return "<h2>Calibration</h2>\n<p>The same of overconfidence: the probability of the likeliest choice, minus how "
           "often "
           "it is right. Above 0 a vector makes the model surer than it is right; on tasks whose wanted answer is not "
           "the "
           "true one, as the emotions' are, it means nothing.</p>\n" +
           matrix("Change of overconfidence by every vector on every task", effects);
}

std::string parity_html(std::span<const SideEffect> effects) {
    if (effects.empty()) return "";
    return "<h2>Parity</h2>\n<p>Texts in two versions that differ in the group of people alone: by how many nats more "
           "the second version favours the better word than the first, and what each vector changes in that. A vector "
           "that moves both versions alike stays at 0.</p>\n" +
           matrix("Change of the difference between two versions by every vector", effects);
}

}  // namespace

std::vector<SideEffect> summarise_side_effects(std::span<const SideEffectValues> cells,
                                               const BootstrapOptions& options) {
    std::vector<SideEffect> effects;
    std::vector<double> p;
    for (const SideEffectValues& cell : cells) {
        effects.push_back(summarised(cell, options));
        p.push_back(effects.back().p);
    }
    const std::vector<double> adjusted = holm_adjusted(p);
    const std::vector<double> q = false_discovery_adjusted(p);
    for (std::size_t i = 0; i < effects.size(); ++i) {
        effects[i].p_adjusted = adjusted[i];
        effects[i].q = q[i];
    }
    return effects;
}

bool is_certain(const SideEffect& effect) { return effect.p_adjusted < kSignificance; }

bool is_likely(const SideEffect& effect) { return effect.q < kSignificance; }

std::string side_effects_to_json(std::span<const SideEffect> effects) {
    Json list = Json::array();
    for (const SideEffect& effect : effects) {
        list.push_back({{"vector", effect.vector},
                        {"task", effect.task},
                        {"metric", effect.metric},
                        {"n", effect.n},
                        {"unsteered", effect.unsteered},
                        {"steered", effect.steered},
                        {"low", effect.low},
                        {"high", effect.high},
                        {"p", effect.p},
                        {"p_adjusted", effect.p_adjusted},
                        {"q", effect.q},
                        {"detectable", effect.detectable}});
    }
    return list.dump(2) + "\n";
}

void write_side_effects(std::span<const SideEffect> effects, const std::filesystem::path& file) {
    write_text_file(file, side_effects_to_json(effects));
}

std::vector<SideEffect> read_side_effects(const std::filesystem::path& file) {
    const Json whole = Json{{"effects", read_json_file(file, "a list of side effects")}};
    return JsonReader(whole, file.string()).list<SideEffect>("effects", [](const JsonReader& of) {
        return SideEffect{.vector = of.get<std::string>("vector"),
                          .task = of.get<std::string>("task"),
                          .metric = of.get<std::string>("metric"),
                          .n = of.get<std::size_t>("n"),
                          .unsteered = of.get<double>("unsteered"),
                          .steered = of.get<double>("steered"),
                          .low = of.get<double>("low"),
                          .high = of.get<double>("high"),
                          .p = of.get<double>("p"),
                          .p_adjusted = of.get<double>("p_adjusted"),
                          .q = of.get<double>("q"),
                          .detectable = of.get<double>("detectable")};
    });
}

std::string side_effects_html(std::span<const SideEffect> effects) {
    if (effects.empty()) return "";
    // Those that have tables of their own; the rest are tasks' first metrics.
    std::map<std::string, std::vector<SideEffect>> own = {
        {to_string(Metric::margin), {}}, {to_string(Metric::overconfidence), {}}, {kParity, {}}};
    std::vector<SideEffect> wanted;
    for (const SideEffect& effect : effects) {
        const auto found = own.find(effect.metric);
        (found == own.end() ? wanted : found->second).push_back(effect);
    }
    return "<h2>Side effects</h2>\n<p>What each vector changes on every concept's test items: steered minus unsteered "
           "by "
           "the task's first metric, with 95% intervals. \"Certain\" differences stay under 5% after Holm's correction "
           "over all of these tables; of the \"likely\" ones chance has made 5% at most, on average (Benjamini and "
           "Hochberg). So many items show a difference of " +
           least_detectable(wanted) + " four times in five.</p>\n" +
           matrix("Side effects of every vector on every task", wanted) +
           margin_html(own.at(to_string(Metric::margin))) +
           calibration_html(own.at(to_string(Metric::overconfidence))) + parity_html(own.at(kParity));
}

}  // namespace contrans
