#include "contrans/pipeline/explain.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/evaluation/response_meter.h"
#include "contrans/harvest/harvester.h"
#include "contrans/linalg/products.h"
#include "contrans/pipeline/neutral_texts.h"
#include "contrans/runtime/sequence_runner.h"
#include "contrans/transplant/vector_set.h"

namespace contrans {
namespace {

using Plan = std::shared_ptr<const SteeringPlan>;

constexpr std::size_t kNeutralTexts = 24;   // whose states are looked at
constexpr std::size_t kResponseTexts = 32;  // whose next words are

/// States of some texts unsteered and steered: per layer [positions of all texts, d_model].
struct BothStates {
    std::vector<Matrix> unsteered;
    std::vector<Matrix> steered;
    std::vector<std::size_t> first_row;  // [texts + 1]
};

class Explainer {
public:
    Explainer(const std::shared_ptr<const Model>& target, const ControlVector& vector, const ExplainRequest& request,
              const RunContext& context)
        : target_(target), vector_(vector), request_(request), context_(context), plan_(combined_plan({&vector, 1})) {
        for (const ControlLayer& steered : vector.layers) {
            std::vector<float> unit = steered.offset;
            const double length = norm(unit);
            if (length > 0)
                for (float& value : unit) value = static_cast<float>(value / length);
            units_.emplace_back(steered.layer, std::move(unit));
        }
        std::ranges::sort(units_, {}, [](const auto& unit) { return unit.first; });
    }

    Explanation run() {
        explanation_.vector = vector_.name;
        explanation_.shown_layer = deepest_readable();
        look_at_layers();
        listen_to_words();
        colour_texts();
        return std::move(explanation_);
    }

private:
    /// The last block computes flagged rows alone.
    [[nodiscard]] LayerIndex deepest_readable() const {
        const auto last = LayerIndex{target_->n_layers() - 1};
        const auto readable =
            std::find_if(units_.rbegin(), units_.rend(), [&](const auto& u) { return u.first < last; });
        if (readable != units_.rend()) return readable->first;
        throw Error(ErrorKind::argument,
                    "explain: " + vector_.name + " steers only the last block, whose states are not shown");
    }

    /// Of a layer: that of the steered layer at or nearest below it, else the lowest steered one's.
    [[nodiscard]] std::span<const float> unit_at(LayerIndex layer) const {
        const auto above = std::ranges::find_if(units_, [&](const auto& unit) { return layer < unit.first; });
        return above == units_.begin() ? above->second : std::prev(above)->second;
    }

    [[nodiscard]] std::vector<std::string> neutral() const {
        const std::span<const std::string> all =
            request_.neutral.empty() ? neutral_test_texts() : std::span<const std::string>(request_.neutral);
        return {all.begin(), all.end()};
    }

    /// Rows of all tokens; callers leave a text's first away, where attention sinks live.
    BothStates read(std::span<const std::vector<Token>> texts, const std::vector<LayerIndex>& layers,
                    const std::string& label) {
        BothStates states;
        states.first_row = {0};
        std::vector<SequenceRequest> requests;
        for (const Plan& plan : {Plan{}, plan_}) {
            for (const std::vector<Token>& tokens : texts) requests.push_back({tokens, {}, plan});
        }
        for (const std::vector<Token>& tokens : texts)
            states.first_row.push_back(states.first_row.back() + tokens.size());
        for (std::vector<Matrix>* side : {&states.unsteered, &states.steered})
            side->assign(layers.size(), Matrix(states.first_row.back(), target_->d_model()));
        SequenceSink sink;
        sink.observed = layers;
        sink.on_points = [&](LayerIndex layer, std::size_t request, std::size_t first, MatrixView points) {
            auto& side = request < texts.size() ? states.unsteered : states.steered;
            Matrix& into = side[static_cast<std::size_t>(std::ranges::find(layers, layer) - layers.begin())];
            const std::size_t row = states.first_row[request % texts.size()] + first;
            std::copy_n(points.data, points.rows * points.cols, into.row(row).data());
        };
        Engine engine(target_, engine_options_for(*target_, requests, request_.threads));
        context_.begin(label, "texts", requests.size());
        run_sequences(engine, requests, sink, context_);
        context_.end();
        return states;
    }

    void look_at_layers() {
        std::vector<std::vector<Token>> texts;
        for (const std::string& text : neutral()) {
            if (texts.size() == kNeutralTexts) break;
            texts.push_back(target_->tokenizer().tokenise(text));
        }
        const std::vector<LayerIndex> layers = all_but_last(target_->n_layers());
        const BothStates states = read(texts, layers, "states with and without the vector");
        for (std::size_t l = 0; l < layers.size(); ++l)
            explanation_.layers.push_back(
                change_at(layers[l], states.unsteered[l], states.steered[l], states.first_row));
    }

    LayerChange change_at(LayerIndex layer, const Matrix& before, const Matrix& after,
                          std::span<const std::size_t> first_row) {
        const std::span<const float> unit = unit_at(layer);
        const std::vector<float> mean = mean_of(before, first_row);
        LayerChange sums{layer};
        double rows = 0;
        std::vector<float> moved(unit.size());
        std::vector<float> own(unit.size());
        for_each_row(first_row, [&](std::size_t r) {
            for (std::size_t i = 0; i < unit.size(); ++i) {
                moved[i] = after(r, i) - before(r, i);
                own[i] = before(r, i) - mean[i];
            }
            sums.sigma += dot(own, own);
            sums.change += dot(moved, moved);
            sums.along += dot(moved, unit);
            const double projection = dot(own, unit);
            sums.usual += projection * projection;
            rows += 1;
        });
        const double sigma = std::sqrt(sums.sigma / rows);
        if (layer == explanation_.shown_layer) shown_ = {sigma, dot(std::span<const float>(mean), unit)};
        return {layer, sigma, std::sqrt(sums.change / rows) / sigma, sums.along / rows / sigma,
                std::sqrt(sums.usual / rows) / sigma};
    }

    /// Every row but each text's first.
    template <class Visit>
    static void for_each_row(std::span<const std::size_t> first_row, const Visit& visit) {
        for (std::size_t t = 0; t + 1 < first_row.size(); ++t) {
            for (std::size_t r = first_row[t] + 1; r < first_row[t + 1]; ++r) visit(r);
        }
    }

    static std::vector<float> mean_of(const Matrix& states, std::span<const std::size_t> first_row) {
        std::vector<double> sum(states.cols());
        double rows = 0;
        for_each_row(first_row, [&](std::size_t r) {
            for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(states(r, i));
            rows += 1;
        });
        std::vector<float> mean(sum.size());
        std::ranges::transform(sum, mean.begin(), [&](double value) { return static_cast<float>(value / rows); });
        return mean;
    }

    void listen_to_words() {
        const std::vector<std::string> texts = neutral();
        ResponseMeter meter(target_, texts, {.texts = kResponseTexts, .positions = 1, .threads = request_.threads},
                            context_);
        std::vector<Plan> plans = {plan_};
        for (const ControlLayer& layer : vector_.layers)
            plans.push_back(
                std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{layer.layer, layer.offset}}));
        const std::vector<WordResponse> responses = meter.measure(plans, context_);
        const WordResponse& whole = responses.front();
        const double square = dot(std::span<const float>(whole.change), whole.change);
        for (std::size_t l = 0; l < vector_.layers.size(); ++l) {
            const double shared = dot(std::span<const float>(responses[l + 1].change), whole.change);
            explanation_.shares.push_back(
                {vector_.layers[l].layer, vector_.layers[l].dose, square > 0 ? shared / square : 0});
        }
        keep_words(whole);
    }

    void keep_words(const WordResponse& response) {
        std::vector<std::size_t> order(response.words.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return response.change[i]; });
        const auto word = [&](std::size_t i) {
            return WordChange{response.words[i], static_cast<double>(response.change[i])};
        };
        for (std::size_t i = 0; i < std::min(request_.words, order.size()); ++i) {
            explanation_.promoted.push_back(word(order[i]));
            explanation_.suppressed.push_back(word(order[order.size() - 1 - i]));
        }
    }

    void colour_texts() {
        if (request_.texts.empty()) return;
        std::vector<std::vector<Token>> texts;
        for (const std::string& text : request_.texts) texts.push_back(target_->tokenizer().tokenise(text));
        const LayerIndex layer = explanation_.shown_layer;
        const BothStates states = read(texts, {layer}, "texts with and without the vector");
        const std::span<const float> unit = unit_at(layer);
        const auto dose = [&](std::span<const float> state) { return (dot(state, unit) - shown_.mean) / shown_.sigma; };
        for (std::size_t t = 0; t < texts.size(); ++t) {
            std::vector<TokenProjection>& tokens = explanation_.texts.emplace_back();
            for (std::size_t i = 0; i < texts[t].size(); ++i) {
                const std::string piece = target_->tokenizer().piece(texts[t][i]);
                const std::size_t row = states.first_row[t] + i;
                if (piece.empty()) continue;  // the token that begins every text
                tokens.push_back({piece, dose(states.unsteered[0].row(row)), dose(states.steered[0].row(row))});
            }
        }
    }

    /// Of the layer at which texts are coloured: its spread, and where neutral states lie along the concept.
    struct Origin {
        double sigma = 1;
        double mean = 0;
    };

    const std::shared_ptr<const Model>& target_;
    const ControlVector& vector_;
    const ExplainRequest& request_;
    const RunContext& context_;
    Plan plan_;
    std::vector<std::pair<LayerIndex, std::vector<float>>> units_;  // rising
    Origin shown_;
    Explanation explanation_;
};

}  // namespace

Explanation explain(const std::shared_ptr<const Model>& target, const ControlVector& vector,
                    const ExplainRequest& request, const RunContext& context) {
    if (vector.layers.empty()) throw Error(ErrorKind::argument, "explain: " + vector.name + " steers no layer");
    require_fits(vector, vector.name, target->identity(), request.identity);
    return Explainer(target, vector, request, context).run();
}

}  // namespace contrans
