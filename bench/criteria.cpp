// What is known of every map of a map set without looking at a concept's task, beside what it does to behaviour: rows
// for bench/criteria, which ranks the one by the other.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "contrans/concepts/concept_vector_file.h"
#include "contrans/evaluation/damage.h"
#include "contrans/evaluation/log_softmax.h"
#include "contrans/evaluation/metrics.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/harvest/harvester.h"
#include "contrans/linalg/products.h"
#include "contrans/mapping/map_file.h"
#include "contrans/pipeline/agreement.h"
#include "contrans/pipeline/budget_dose.h"
#include "contrans/pipeline/layer_metrics.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/transplant/candidate.h"

namespace contrans {
namespace {

using Json = nlohmann::ordered_json;
using SharedModel = std::shared_ptr<const Model>;

constexpr double kBudgetNats = 0.5;
constexpr std::size_t kDoseTexts = 24;

struct Options {
    std::string source;
    std::string target;
    std::string map;
    std::vector<std::string> concepts;
    std::vector<std::string> tasks;
    std::vector<std::string> kinds;
    std::size_t items = 48;
    std::size_t texts = 64;
    bool without_states = false;
    std::size_t threads = 0;
    std::string out;
};

/// Texts that no map was fitted on, as both models read them: last tokens.
class UnseenStates {
public:
    UnseenStates(const SharedModel& source, const SharedModel& target, const MapSet& maps, const Options& options)
        : target_(target) {
        for (const std::string& text : neutral_test_texts().first(options.texts)) texts_.emplace_back(text);
        std::vector<LayerIndex> of_source;
        std::vector<LayerIndex> of_target;
        for (const MapEntry& entry : maps.entries) {
            of_source.push_back(entry.source_layer);
            of_target.push_back(entry.target_layer);
        }
        source_ = read(source, of_source, options.threads);
        target_states_ = read(target, of_target, options.threads);
        metrics_ = measure_metrics(target, {}, sorted(of_target), options.threads, {});
        engine_ = std::make_unique<Engine>(target, EngineOptions{.threads = options.threads});
    }

    /// Scores of a map on states of texts that it has not seen.
    [[nodiscard]] Json scores(const MapEntry& entry) {
        const Matrix& x = source_.at(entry.source_layer);
        const Matrix& y = target_states_.at(entry.target_layer);
        Matrix carried(x.rows(), y.cols());
        for (std::size_t r = 0; r < x.rows(); ++r)
            std::ranges::copy(entry.map.map_state(x.row(r)), carried.row(r).begin());
        return {{"whitened", whitened_cosine(carried, y, metrics_.at(entry.target_layer))},
                {"retrieval", retrieval(carried, y)},
                {"stitching", -stitched_kl(entry.target_layer, carried, y)}};
    }

private:
    static std::vector<LayerIndex> sorted(std::vector<LayerIndex> layers) {
        std::ranges::sort(layers);
        layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
        return layers;
    }

    std::map<LayerIndex, Matrix> read(const SharedModel& model, const std::vector<LayerIndex>& layers,
                                      std::size_t threads) const {
        TextStates states = harvest_texts(model, texts_, TextPosition::last, {sorted(layers), threads}, {});
        std::map<LayerIndex, Matrix> by_layer;
        for (std::size_t l = 0; l < states.layers.size(); ++l)
            by_layer.emplace(states.layers[l], std::move(states.states[l]));
        return by_layer;
    }

    /// Rows r minus row r + 1.
    static Matrix differences(const Matrix& rows) {
        Matrix result(rows.rows() - 1, rows.cols());
        for (std::size_t r = 0; r + 1 < rows.rows(); ++r) {
            for (std::size_t c = 0; c < rows.cols(); ++c) result(r, c) = rows(r, c) - rows(r + 1, c);
        }
        return result;
    }

    /// Mean cosine of carried and true differences in the whitened metric.
    static double whitened_cosine(const Matrix& carried, const Matrix& truth, const WhitenedMetric& metric) {
        const Matrix a = differences(carried);
        const Matrix b = differences(truth);
        double sum = 0;
        for (std::size_t r = 0; r < a.rows(); ++r) {
            Matrix pair(2, a.cols());
            std::ranges::copy(a.row(r), pair.row(0).begin());
            std::ranges::copy(b.row(r), pair.row(1).begin());
            const MatrixF64 gram = metric.gram(pair);
            sum += gram(0, 1) / std::sqrt(gram(0, 0) * gram(1, 1));
        }
        return sum / static_cast<double>(a.rows());
    }

    /// Columns about their mean, in units of the truth's standard deviation.
    static Matrix standardised(const Matrix& rows, const Matrix& truth) {
        Matrix result(rows.rows(), rows.cols());
        for (std::size_t c = 0; c < rows.cols(); ++c) {
            double mean = 0;
            double true_mean = 0;
            double squares = 0;
            for (std::size_t r = 0; r < rows.rows(); ++r) {
                mean += static_cast<double>(rows(r, c)) / static_cast<double>(rows.rows());
                true_mean += static_cast<double>(truth(r, c)) / static_cast<double>(rows.rows());
            }
            for (std::size_t r = 0; r < rows.rows(); ++r)
                squares += std::pow(static_cast<double>(truth(r, c)) - true_mean, 2);
            const double deviation = std::sqrt(squares / static_cast<double>(rows.rows()));
            for (std::size_t r = 0; r < rows.rows(); ++r)
                result(r, c) = static_cast<float>((static_cast<double>(rows(r, c)) - mean) / std::max(deviation, 1e-9));
        }
        return result;
    }

    /// Mean reciprocal rank of a text's own true state among all, by standardised cosine to its carried state.
    static double retrieval(const Matrix& carried, const Matrix& truth) {
        const Matrix a = standardised(carried, truth);
        const Matrix b = standardised(truth, truth);
        double sum = 0;
        for (std::size_t i = 0; i < a.rows(); ++i) {
            const auto likeness = [&](std::size_t j) {
                return dot(a.row(i), b.row(j)) / std::max(1e-12, norm(a.row(i)) * norm(b.row(j)));
            };
            const double own = likeness(i);
            std::size_t rank = 1;
            for (std::size_t j = 0; j < b.rows(); ++j)
                if (j != i && likeness(j) > own) ++rank;
            sum += 1.0 / static_cast<double>(rank);
        }
        return sum / static_cast<double>(a.rows());
    }

    /// Mean KL(true ‖ stitched) of the next token where the carried state takes the true one's place at the last token.
    double stitched_kl(LayerIndex layer, const Matrix& carried, const Matrix& truth) {
        double sum = 0;
        for (std::size_t t = 0; t < texts_.size(); ++t) {
            std::vector<float> offset(carried.cols());
            for (std::size_t c = 0; c < offset.size(); ++c) offset[c] = carried(t, c) - truth(t, c);
            if (plain_.size() == t) plain_.push_back(next_logits(t, nullptr));
            const auto stitched =
                std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{layer, std::move(offset)}});
            sum += kl_divergence(plain_[t], next_logits(t, stitched));
        }
        return sum / static_cast<double>(texts_.size());
    }

    std::vector<float> next_logits(std::size_t text, std::shared_ptr<const SteeringPlan> at_last) {
        const std::vector<Token> tokens = target_->tokenizer().tokenise_text(texts_[text]);
        std::vector<BatchRow> rows;
        for (std::size_t i = 0; i < tokens.size(); ++i) rows.push_back({tokens[i], i, {0}, false, nullptr});
        rows.back().wants_logits = true;
        rows.back().steering = std::move(at_last);
        engine_->forget_all();
        engine_->decode(rows);
        const std::span<const float> logits = engine_->logits(rows.size() - 1);
        return {logits.begin(), logits.end()};
    }

    SharedModel target_;
    std::vector<Text> texts_;
    std::map<LayerIndex, Matrix> source_;
    std::map<LayerIndex, Matrix> target_states_;
    LayerMetrics metrics_;
    std::vector<std::vector<float>> plain_;  // logits after each text, once they were asked for
    std::unique_ptr<Engine> engine_;
};

/// When the choices are all there is.
double probability_of_answer(const ItemScores& scores, std::size_t answer) {
    double odds = 0;
    for (const double likelihood : scores.choice_log_likelihood)
        odds += std::exp(likelihood - scores.choice_log_likelihood[answer]);
    return 1 / odds;
}

/// One concept through every map: agreement, and behaviour item by item.
Json behaviour_of(const ConceptVector& source_concept, const MapSet& maps, const SharedModel& target, Task task,
                  const Options& options) {
    std::vector<SearchCandidate> candidates;
    for (const MapEntry& entry : maps.entries) {
        const auto scale = std::ranges::find(maps.target_scale, entry.target_layer, &LayerScale::layer);
        candidates.push_back(named_by_layers(
            {{entry.target_layer, entry.map.map_direction(source_concept.at(entry.source_layer).direction),
              scale->sigma}}));
        candidates.back().fit = to_string(entry.kind);
    }
    const std::span<const std::string> neutral = neutral_development_texts();
    DamageMeter damage(target, neutral, {.texts = kDoseTexts, .positions = 1, .threads = options.threads}, {});
    const std::vector<double> doses = budget_doses(candidates, damage, kBudgetNats, {});
    AgreementMeter meter(source_concept.responses, target, neutral, kAgreementTexts, options.threads, {});
    const std::vector<double> agreement = meter.measure(candidates, trials_at(doses), {}).value();
    task.items.resize(std::min(task.items.size(), options.items));
    TaskScorer scorer(target, std::move(task), options.threads);
    Json rows = Json::array();
    for (std::size_t c = 0; c < candidates.size(); ++c) {
        const std::vector<ItemScores> scores = scorer.score_all(plan_of(candidates[c], doses[c]), {});
        Json smooth = Json::array();
        for (std::size_t i = 0; i < scores.size(); ++i)
            smooth.push_back(probability_of_answer(scores[i], scorer.task().items[i].answer));
        rows.push_back({{"agreement", agreement[c]},
                        {"dose", doses[c]},
                        {"choice", item_values(Metric::choice, scorer.task(), scores)},
                        {"probability", std::move(smooth)}});
        std::cerr << '.' << std::flush;
    }
    std::cerr << ' ' << source_concept.name << '\n';
    Json groups = Json::array();
    for (const TaskItem& item : scorer.task().items) groups.push_back(item.group);
    return {{"concept", source_concept.name}, {"groups", groups}, {"maps", rows}};
}

Json rows_of_maps(const MapSet& maps, UnseenStates& unseen) {
    Json rows = Json::array();
    for (const MapEntry& entry : maps.entries) {
        const auto like = std::ranges::find_if(maps.similarity, [&](const LayerPairSimilarity& pair) {
            return pair.source_layer == entry.source_layer && pair.target_layer == entry.target_layer;
        });
        Json row = {{"map", std::to_string(entry.source_layer.value) + "→" + std::to_string(entry.target_layer.value) +
                                " " + to_string(entry.kind)},
                    {"r2", entry.evidence.held_out_r2},
                    {"r2_standard", entry.evidence.held_out_r2_standard},
                    {"directional", entry.evidence.directional},
                    {"cka", like == maps.similarity.end() ? 0 : like->cka}};
        row.update(unseen.scores(entry));
        rows.push_back(std::move(row));
    }
    return rows;
}

void run(const Options& options) {
    const ModelOptions weights{.gpu_layers = 0, .weights = WeightMode::expand_slow, .rpc_servers = {}};
    const SharedModel source = Model::load(options.source, weights);
    const SharedModel target = Model::load(options.target, weights);
    MapSet maps = read_map_set(options.map);
    std::erase_if(maps.entries, [&](const MapEntry& entry) {
        return !options.kinds.empty() && std::ranges::count(options.kinds, to_string(entry.kind)) == 0;
    });
    Json result = {{"maps", Json::array()}, {"concepts", Json::array()}};
    if (!options.without_states) {
        UnseenStates unseen(source, target, maps, options);
        result["maps"] = rows_of_maps(maps, unseen);
    }
    for (std::size_t c = 0; c < options.concepts.size(); ++c)
        result["concepts"].push_back(behaviour_of(read_concept_vector(options.concepts[c]), maps, target,
                                                  read_task(options.tasks[c], Split::dev), options));
    std::ofstream(options.out) << result.dump(1) << '\n';
}

}  // namespace
}  // namespace contrans

int main(int argc, char** argv) {
    contrans::Options options;
    CLI::App app("Rows for bench/criteria");
    app.add_option("--source", options.source)->required();
    app.add_option("--target", options.target)->required();
    app.add_option("--map", options.map)->required();
    app.add_option("--concept", options.concepts)->required();
    app.add_option("--task", options.tasks, "Of each concept, in their order")->required();
    app.add_option("--kinds", options.kinds, "Of fits; none: all")->delimiter(',');
    app.add_option("--items", options.items)->capture_default_str();
    app.add_option("--texts", options.texts, "Neutral test texts for scores of states")->capture_default_str();
    app.add_flag("--without-states", options.without_states, "Leave the scores of states away");
    app.add_option("--threads", options.threads);
    app.add_option("--out", options.out)->required();
    CLI11_PARSE(app, argc, argv);
    try {
        contrans::run(options);
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
