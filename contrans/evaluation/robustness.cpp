#include "contrans/evaluation/robustness.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/json_reader.h"
#include "contrans/evaluation/html_matrix.h"
#include "contrans/evaluation/interval_json.h"
#include "contrans/evaluation/mean.h"
#include "contrans/evaluation/multiple_tests.h"
#include "contrans/evaluation/number_text.h"
#include "contrans/evaluation/paired_test.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> gains_of(const VariantValues& row) {
    std::vector<double> gains(row.steered);
    for (std::size_t i = 0; i < gains.size(); ++i) gains[i] -= row.unsteered[i];
    return gains;
}

VariantEffect summarised(const VariantValues& row, const BootstrapOptions& options) try {
    const PairedDifference gain = paired_difference(row.steered, row.unsteered, row.groups, options);
    VariantEffect effect{.vector = row.vector,
                         .variant = row.variant,
                         .metric = row.metric,
                         .n = row.steered.size(),
                         .unsteered = mean_of(row.unsteered),
                         .steered = mean_of(row.steered),
                         .gain = gain.difference,
                         .p = gain.p,
                         .p_adjusted = gain.p,
                         .detectable = gain.detectable,
                         .test_gain = row.test_gain,
                         .test_steered = row.test_steered,
                         .paired = row.gain_before.size(),
                         .change = {}};
    if (row.gain_before.empty()) return effect;
    effect.test_gain = mean_of(row.gain_before);
    effect.test_steered = mean_of(row.steered_before);
    effect.change = bootstrap_difference(gains_of(row), row.gain_before, row.groups, options);
    return effect;
} catch (const Error& error) {
    throw Error(error.kind(), row.vector + " on " + row.variant + ": " + error.what());
}

VariantEffect effect_from(const JsonReader& json) {
    return {.vector = json.get<std::string>("vector"),
            .variant = json.get<std::string>("variant"),
            .metric = json.get<std::string>("metric"),
            .n = json.get<std::size_t>("n"),
            .unsteered = json.get<double>("unsteered"),
            .steered = json.get<double>("steered"),
            .gain = read_interval(json.object("gain")),
            .p = json.get<double>("p"),
            .p_adjusted = json.get<double>("p_adjusted"),
            .detectable = json.get<double>("detectable"),
            .test_gain = json.get<double>("test_gain"),
            .test_steered = json.get<double>("test_steered"),
            .paired = json.get<std::size_t>("paired"),
            .change = read_interval(json.object("change"))};
}

std::string signed_text(double value) { return (value > 0 ? "+" : "") + fixed(value); }

std::string gain_text(const VariantEffect& effect) {
    return (effect.gain.value > 0 ? "+" : "") + with_interval(effect.gain);
}

/// "weaker: -0.31 [-0.45, -0.10] against its test items"
std::string note_of(const VariantEffect& effect) {
    const std::string verdict(to_string(verdict_of(effect)));
    if (effect.paired == 0) return verdict;
    return verdict + ": " + with_interval(effect.change) + " against its test items";
}

constexpr std::array kVerdicts = {Robustness::holds, Robustness::weaker, Robustness::lost, Robustness::undecided};

std::string count_text(std::span<const VariantEffect> effects) {
    std::string text;
    for (const Robustness verdict : kVerdicts) {
        const auto n = std::ranges::count(effects, verdict, verdict_of);
        text += (text.empty() ? "" : ", ") + std::to_string(n) + " " + std::string(to_string(verdict));
    }
    return text;
}

}  // namespace

std::string_view to_string(Robustness verdict) {
    switch (verdict) {
        case Robustness::holds:
            return "holds";
        case Robustness::weaker:
            return "weaker";
        case Robustness::lost:
            return "lost";
        case Robustness::undecided:
            return "undecided";
    }
    throw Error(ErrorKind::argument, "to_string: unknown robustness");
}

Robustness verdict_of(const VariantEffect& effect) {
    if (effect.gain.low > 0) {
        const bool smaller = effect.paired > 0 && effect.change.high < 0 && effect.steered < effect.test_steered;
        return smaller ? Robustness::weaker : Robustness::holds;
    }
    return effect.gain.high < effect.test_gain / 2 ? Robustness::lost : Robustness::undecided;
}

std::vector<VariantEffect> summarise_robustness(std::span<const VariantValues> rows, const BootstrapOptions& options) {
    std::vector<VariantEffect> effects;
    std::vector<double> p;
    for (const VariantValues& row : rows) {
        effects.push_back(summarised(row, options));
        p.push_back(effects.back().p);
    }
    const std::vector<double> adjusted = holm_adjusted(p);
    for (std::size_t i = 0; i < effects.size(); ++i) effects[i].p_adjusted = adjusted[i];
    return effects;
}

std::string robustness_to_json(std::span<const VariantEffect> effects) {
    Json list = Json::array();
    for (const VariantEffect& effect : effects) {
        list.push_back({{"vector", effect.vector},
                        {"variant", effect.variant},
                        {"metric", effect.metric},
                        {"n", effect.n},
                        {"unsteered", effect.unsteered},
                        {"steered", effect.steered},
                        {"gain", interval_to_json(effect.gain)},
                        {"p", effect.p},
                        {"p_adjusted", effect.p_adjusted},
                        {"detectable", effect.detectable},
                        {"test_gain", effect.test_gain},
                        {"test_steered", effect.test_steered},
                        {"paired", effect.paired},
                        {"change", interval_to_json(effect.change)},
                        {"verdict", to_string(verdict_of(effect))}});
    }
    return list.dump(2) + "\n";
}

void write_robustness(std::span<const VariantEffect> effects, const std::filesystem::path& file) {
    write_text_file(file, robustness_to_json(effects));
}

std::vector<VariantEffect> read_robustness(const std::filesystem::path& file) {
    const Json whole = Json{{"variants", read_json_file(file, "a list of effects on variants")}};
    return JsonReader(whole, file.string()).list<VariantEffect>("variants", effect_from);
}

std::string robustness_html(std::span<const VariantEffect> effects) {
    if (effects.empty()) return "";
    return "<h2>Robustness</h2>\n<p>What is left of each vector's effect when its test items are changed: steered "
           "minus "
           "unsteered on the variant, with 95% intervals. It <em>holds</em> where there is an effect and no certain "
           "loss, is <em>weaker</em> where there is both and steered items reach less than before, and <em>lost</em> "
           "where less than half can be left. Of " +
           std::to_string(effects.size()) + ": " + count_text(effects) + ".</p>\n" +
           html_matrix("Effect of every vector on every variant of its test items", effects, &VariantEffect::variant,
                       [](const VariantEffect& effect) {
                           return HtmlCell{gain_text(effect), HtmlCell::Kind::number, note_of(effect)};
                       });
}

std::string robustness_table(std::span<const VariantEffect> effects) {
    std::string text;
    for (const VariantEffect& effect : effects) {
        text += effect.vector + ", " + effect.variant + ": " + gain_text(effect) + " (test items " +
                signed_text(effect.test_gain) + ", n " + std::to_string(effect.n) +
                "): " + std::string(to_string(verdict_of(effect))) + "\n";
    }
    return text.empty() ? text : text + "variants of test items: " + count_text(effects) + "\n";
}

}  // namespace contrans
