// A study's grid, vectors by items: all of it decoded together, with what prompts share read once, against reading from
// the beginning, choice after choice, and item after item with all choices' first tokens from one reading. One JSON
// object a line on stdout.
//
//   contrans_grid --model M.gguf --task data/concepts/fear/test.jsonl [--task …] [--items 64] [--steerings 12]
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "bench/alternation.h"
#include "contrans/core/error.h"
#include "contrans/evaluation/log_softmax.h"
#include "contrans/evaluation/scoring.h"
#include "contrans/runtime/engine.h"

namespace contrans::bench {
namespace {

using Plan = std::shared_ptr<const SteeringPlan>;
/// [steerings][items][choices]
using Likelihoods = std::vector<std::vector<std::vector<double>>>;

struct Options {
    std::string model;
    std::vector<std::string> tasks;
    std::size_t items = 64;
    std::size_t steerings = 12;
    std::size_t rounds = 3;
    std::size_t threads = threads_for({});
};

// Both ways read the same numbers but in batches of other sizes.
constexpr double kMostApart = 0.2;

/// Unsteered, and directions drawn at a third of the model's depth.
std::vector<Plan> draw_steerings(const Model& model, std::size_t count) {
    std::vector<Plan> plans = {nullptr};
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    while (plans.size() < count) {
        std::vector<float> offset(model.d_model());
        for (float& x : offset) x = 0.1F * normal(random);
        plans.push_back(std::make_shared<const SteeringPlan>(
            std::vector<SteeringPlan::Step>{{LayerIndex{model.n_layers() / 3}, std::move(offset)}}));
    }
    return plans;
}

Likelihoods score_together(const std::shared_ptr<const Model>& model, const Task& task,
                           const std::vector<Plan>& plans) {
    TaskScorer scorer(model, task, 1);
    std::vector<std::size_t> all(task.items.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::vector<ScoringJob> jobs;
    for (const Plan& plan : plans) jobs.push_back({plan, all});
    Likelihoods found;
    for (const std::vector<ItemScores>& of_plan : scorer.score(jobs, RunContext{})) {
        std::vector<std::vector<double>>& row = found.emplace_back();
        for (const ItemScores& scores : of_plan) row.push_back(scores.choice_log_likelihood);
    }
    return found;
}

/// Reads every text from its beginning, alone in its batch.
class PlainReader {
public:
    explicit PlainReader(const std::shared_ptr<const Model>& model) : model_(*model), engine_(model, {.threads = 1}) {}

    double log_likelihood(const std::string& prompt, const std::string& choice, const Plan& plan) {
        const std::vector<Token> alone = model_.tokenizer().tokenise(prompt);
        const std::vector<Token> whole = model_.tokenizer().tokenise(prompt + choice);
        const auto shared = static_cast<std::size_t>(std::ranges::mismatch(alone, whole).in2 - whole.begin());
        read({whole.begin(), whole.end() - 1}, shared - 1, plan);
        double sum = 0;
        for (std::size_t p = shared - 1; p + 1 < whole.size(); ++p) sum += log_probability(p, whole[p + 1]);
        return sum;
    }

    /// Nothing where a choice is longer than a token.
    std::optional<std::vector<double>> log_likelihoods(const TaskItem& item, const Plan& plan) {
        const auto& prompt = std::get<std::string>(item.prompt);
        const std::vector<Token> alone = model_.tokenizer().tokenise(prompt);
        std::vector<Token> next;
        for (const std::string& choice : item.choices) {
            const std::vector<Token> whole = model_.tokenizer().tokenise(prompt + choice);
            if (whole.size() != alone.size() + 1) return std::nullopt;
            next.push_back(whole.back());
        }
        read(alone, alone.size() - 1, plan);
        std::vector<double> found;
        for (const Token token : next) found.push_back(log_probability(alone.size() - 1, token));
        return found;
    }

private:
    void read(const std::vector<Token>& tokens, std::size_t first_logits, const Plan& plan) {
        std::vector<BatchRow> rows;
        for (std::size_t p = 0; p < tokens.size(); ++p) rows.push_back({tokens[p], p, {0}, p >= first_logits, plan});
        engine_.forget_all();
        engine_.decode(rows);
    }
    [[nodiscard]] double log_probability(std::size_t row, Token token) const {
        const std::span<const float> logits = engine_.logits(row);
        return static_cast<double>(logits[static_cast<std::size_t>(token)]) - log_sum_exp(logits);
    }

    const Model& model_;
    Engine engine_;
};

using ScoreItem = std::vector<double> (*)(PlainReader&, const TaskItem&, const Plan&);

std::vector<double> choice_by_choice(PlainReader& reader, const TaskItem& item, const Plan& plan) {
    std::vector<double> found;
    for (const std::string& choice : item.choices)
        found.push_back(reader.log_likelihood(std::get<std::string>(item.prompt), choice, plan));
    return found;
}

std::vector<double> item_by_item(PlainReader& reader, const TaskItem& item, const Plan& plan) {
    auto found = reader.log_likelihoods(item, plan);
    return found ? *std::move(found) : choice_by_choice(reader, item, plan);
}

template <ScoreItem score>
Likelihoods score_plainly(const std::shared_ptr<const Model>& model, const Task& task, const std::vector<Plan>& plans) {
    PlainReader reader(model);
    Likelihoods found;
    for (const Plan& plan : plans) {
        std::vector<std::vector<double>>& row = found.emplace_back();
        for (const TaskItem& item : task.items) row.push_back(score(reader, item, plan));
    }
    return found;
}

using Score = Likelihoods (*)(const std::shared_ptr<const Model>&, const Task&, const std::vector<Plan>&);

/// The tasks shared out among threads, as a study shares out its concepts.
std::vector<Likelihoods> score_all(Score score, const std::shared_ptr<const Model>& model,
                                   const std::vector<Task>& tasks, const std::vector<Plan>& plans,
                                   std::size_t threads) {
    std::vector<Likelihoods> found(tasks.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t t = next++; t < tasks.size(); t = next++) found[t] = score(model, tasks[t], plans);
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    others.clear();
    return found;
}

double most_apart(const std::vector<Likelihoods>& a, const std::vector<Likelihoods>& b) {
    double most = 0;
    for (std::size_t t = 0; t < a.size(); ++t)
        for (std::size_t s = 0; s < a[t].size(); ++s)
            for (std::size_t i = 0; i < a[t][s].size(); ++i)
                for (std::size_t c = 0; c < a[t][s][i].size(); ++c)
                    most = std::max(most, std::abs(a[t][s][i][c] - b[t][s][i][c]));
    return most;
}

void run(const Options& options) {
    const std::shared_ptr<const Model> model = Model::load(options.model, {.weights = WeightMode::expand_slow});
    const std::vector<Plan> plans = draw_steerings(*model, options.steerings);
    std::vector<Task> tasks;
    double cells = 0;
    for (const std::string& file : options.tasks) {
        tasks.push_back(limit_items(read_task(file, Split::test), options.items, 1));
        cells += static_cast<double>(tasks.back().items.size() * plans.size());
    }
    std::vector<Likelihoods> together;
    std::vector<Likelihoods> plain;
    const auto rate = [&](Score score, std::vector<Likelihoods>& found) {
        return cells / seconds_of([&] { found = score_all(score, model, tasks, plans, options.threads); });
    };
    for (const auto& [label, score] :
         {std::pair<const char*, Score>{"choice by choice", score_plainly<choice_by_choice>},
          {"item by item", score_plainly<item_by_item>}}) {
        auto result = alternate({.row = label,
                                 .unit = "items/s",
                                 .ours = {"together", [&] { return rate(score_together, together); }},
                                 .other = {label, [&] { return rate(score, plain); }}},
                                options.rounds);
        result["most_apart_nats"] = most_apart(together, plain);
        std::cout << result << std::endl;
        if (most_apart(together, plain) > kMostApart)
            throw Error(ErrorKind::numeric, "both ways must find the same log-likelihoods");
    }
}

}  // namespace
}  // namespace contrans::bench

int main(int argc, char** argv) try {
    contrans::bench::Options options;
    CLI::App app("A study's grid, decoded together against one by one");
    app.add_option("--model", options.model, "GGUF")->required();
    app.add_option("--task", options.tasks, "Tasks of choices (repeatable)")->required();
    app.add_option("--items", options.items, "Items of each");
    app.add_option("--steerings", options.steerings, "Conditions: unsteered, and so many less one directions");
    app.add_option("--rounds", options.rounds, "How often the two alternate");
    app.add_option("--threads", options.threads, "Tasks side by side");
    CLI11_PARSE(app, argc, argv);
    contrans::bench::run(options);
} catch (const std::exception& error) {
    std::cerr << "contrans_grid: " << error.what() << '\n';
    return 1;
}
