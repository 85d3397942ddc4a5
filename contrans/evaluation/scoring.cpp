#include "contrans/evaluation/scoring.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/json_text.h"
#include "contrans/core/utf8.h"
#include "contrans/evaluation/log_softmax.h"
#include "contrans/runtime/chat_template.h"
#include "contrans/runtime/generator.h"

namespace contrans {
namespace {

std::size_t common_prefix(const std::vector<Token>& a, const std::vector<Token>& b) {
    const auto [end, _] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(end - a.begin());
}

std::string place_of(const Task& task, std::size_t item) { return task.name + ": item " + std::to_string(item + 1); }

constexpr std::size_t kPrompt = static_cast<std::size_t>(-1);

}  // namespace

struct TaskScorer::ChoiceReading {
    /// The item's scores as results come in: the first tokens by the prompt's request, later ones by the choice's own.
    struct Pending {
        ItemScores scores;
        std::size_t job = 0;
        std::size_t item = 0;
    };
    /// What a request's logits are for.
    struct Role {
        std::size_t pending = 0;
        std::size_t choice = 0;       // kPrompt: the prompt's own request
        std::size_t first_place = 0;  // of the places that are looked at, over all requests
    };

    void add(SequenceRequest request, Role role) {
        role.first_place = places;
        places += request.logit_positions.size();
        requests.push_back(std::move(request));
        roles.push_back(role);
    }
    /// Of a request's logits, over all requests.
    [[nodiscard]] std::size_t place_of(std::size_t request, std::size_t position) const {
        return roles[request].first_place + position - requests[request].logit_positions.front();
    }

    std::vector<Pending> pending;
    std::vector<SequenceRequest> requests;
    std::vector<Role> roles;
    std::size_t places = 0;
};

TaskScorer::TaskScorer(std::shared_ptr<const Model> model, Task task, std::size_t threads)
    : model_(std::move(model)), task_(std::move(task)), threads_(threads) {
    if (task_.kind == TaskKind::judged && !task_.judge)
        throw Error(ErrorKind::argument,
                    "task " + in_quotes(task_.name) + " needs a judge, which only evaluate takes (--judge)");
    std::vector<SequenceRequest> longest;
    for (std::size_t i = 0; i < task_.items.size(); ++i) {
        items_.push_back(tokenise(task_.items[i], i));
        for (const std::vector<Token>& choice : items_.back().choices) {
            longest.push_back({items_.back().prompt, {}, nullptr});
            longest.back().tokens.insert(longest.back().tokens.end(), choice.begin(), choice.end());
            if (longest.back().tokens.size() > model_->trained_context()) {
                throw Error(ErrorKind::argument, place_of(task_, i) + " has " +
                                                     std::to_string(longest.back().tokens.size()) +
                                                     " tokens with a choice; " + describe(model_->identity()) +
                                                     " reads at most " + std::to_string(model_->trained_context()));
            }
        }
    }
    if (!longest.empty()) engine_ = std::make_unique<Engine>(model_, engine_options_for(*model_, longest, threads));
}

TaskScorer::TokenisedItem TaskScorer::tokenise(const TaskItem& item, std::size_t index) const {
    const Tokenizer& tokenizer = model_->tokenizer();
    const auto* chat = std::get_if<std::vector<ChatMessage>>(&item.prompt);
    const std::string prompt =
        chat == nullptr ? std::get<std::string>(item.prompt) : render_chat(model_->handle(), *chat);
    const SpecialTokens special = chat == nullptr ? SpecialTokens::as_text : SpecialTokens::parse;
    const std::vector<Token> alone = tokenizer.tokenise(prompt, special);

    if (is_written(task_.kind)) return {alone, {}};
    std::vector<std::vector<Token>> together;
    std::size_t shared = alone.size();
    for (const std::string& choice : item.choices) {
        together.push_back(tokenizer.tokenise(prompt + choice, special));
        if (together.back() == alone) {
            throw Error(ErrorKind::argument, place_of(task_, index) + ": choice " + std::to_string(together.size()) +
                                                 " adds no token to its prompt");
        }
        shared = std::min({shared, common_prefix(alone, together.back()), together.back().size() - 1});
    }
    if (shared == 0) {
        throw Error(
            ErrorKind::argument,
            place_of(task_, index) + " has a prompt that shares no token with prompt and choice; lengthen the prompt");
    }
    TokenisedItem result{{alone.begin(), alone.begin() + static_cast<std::ptrdiff_t>(shared)}, {}};
    for (const std::vector<Token>& tokens : together) {
        result.choices.emplace_back(tokens.begin() + static_cast<std::ptrdiff_t>(shared), tokens.end());
    }
    return result;
}

TaskScorer::ChoiceReading TaskScorer::reading_of(std::span<const ScoringJob> jobs) const {
    ChoiceReading reading;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        for (const std::size_t item : jobs[j].items) {
            const TokenisedItem& tokens = items_[item];
            const std::size_t last = tokens.prompt.size() - 1;
            reading.add({tokens.prompt, {last}, jobs[j].steering}, {reading.pending.size(), kPrompt});
            for (std::size_t c = 0; c < tokens.choices.size(); ++c) {
                const std::vector<Token>& choice = tokens.choices[c];
                if (choice.size() == 1) continue;
                SequenceRequest request{tokens.prompt, {}, jobs[j].steering};
                request.tokens.insert(request.tokens.end(), choice.begin(), choice.end() - 1);
                for (std::size_t k = 1; k < choice.size(); ++k) request.logit_positions.push_back(last + k);
                reading.add(std::move(request), {reading.pending.size(), c});
            }
            reading.pending.push_back({{std::vector<double>(tokens.choices.size(), 0.0), false}, j, item});
        }
    }
    return reading;
}

void TaskScorer::add_logits(ChoiceReading& reading, std::size_t request, std::size_t position,
                            std::span<const float> logits) const {
    const ChoiceReading::Role& role = reading.roles[request];
    const std::size_t item = reading.pending[role.pending].item;
    const TokenisedItem& tokens = items_[item];
    ItemScores& scores = reading.pending[role.pending].scores;
    const double norm = log_sum_exp(logits);
    const auto log_probability = [&](Token token) {
        return static_cast<double>(logits[static_cast<std::size_t>(token)]) - norm;
    };
    if (role.choice != kPrompt) {
        scores.choice_log_likelihood[role.choice] +=
            log_probability(tokens.choices[role.choice][position + 1 - tokens.prompt.size()]);
        return;
    }
    for (std::size_t c = 0; c < tokens.choices.size(); ++c)
        scores.choice_log_likelihood[c] += log_probability(tokens.choices[c][0]);
    const auto likeliest = static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    const TaskItem& asked = task_.items[item];
    scores.top1 = likeliest == tokens.choices[task_.kind == TaskKind::choice ? asked.answer : asked.best][0];
}

std::vector<std::vector<ItemScores>> TaskScorer::score(std::span<const ScoringJob> jobs, const RunContext& context) {
    if (is_written(task_.kind)) return write_answers(jobs, context);
    ChoiceReading reading = reading_of(jobs);
    const auto on_logits = [&](std::size_t request, std::size_t position, std::span<const float> logits) {
        add_logits(reading, request, position, logits);
    };
    run_sequences(*engine_, reading.requests, {.observed = {}, .on_points = {}, .on_logits = on_logits}, context);
    std::vector<std::vector<ItemScores>> results(jobs.size());
    for (ChoiceReading::Pending& pending : reading.pending) results[pending.job].push_back(std::move(pending.scores));
    return results;
}

Matrix TaskScorer::read_logits(const std::shared_ptr<const SteeringPlan>& steering, const RunContext& context) {
    if (is_written(task_.kind))
        throw Error(ErrorKind::argument,
                    "task " + in_quotes(task_.name) + " has answers that are written, not choices");
    const ScoringJob job = all_items(steering);
    const ChoiceReading reading = reading_of({&job, 1});
    Matrix rows(reading.places, model_->vocabulary_size());
    const auto keep = [&](std::size_t request, std::size_t position, std::span<const float> logits) {
        std::ranges::copy(logits, rows.row(reading.place_of(request, position)).begin());
    };
    run_sequences(*engine_, reading.requests, {.observed = {}, .on_points = {}, .on_logits = keep}, context);
    return rows;
}

std::vector<ItemScores> TaskScorer::score_with(const Matrix& added, const RunContext& context) {
    Matrix rows = read_logits(nullptr, context);
    if (added.rows() != rows.rows() || added.cols() > rows.cols())
        throw Error(ErrorKind::argument, "task " + in_quotes(task_.name) + ": logits of other items or models");
    const ScoringJob job = all_items(nullptr);
    ChoiceReading reading = reading_of({&job, 1});
    for (std::size_t r = 0; r < reading.requests.size(); ++r) {
        for (const std::size_t position : reading.requests[r].logit_positions) {
            const std::size_t place = reading.place_of(r, position);
            std::ranges::transform(added.row(place), rows.row(place), rows.row(place).begin(), std::plus<>());
            add_logits(reading, r, position, rows.row(place));
        }
    }
    std::vector<ItemScores> scores;
    for (ChoiceReading::Pending& pending : reading.pending) scores.push_back(std::move(pending.scores));
    return scores;
}

std::vector<std::vector<ItemScores>> TaskScorer::write_answers(std::span<const ScoringJob> jobs,
                                                               const RunContext& context) const {
    std::vector<GenerationRequest> requests;
    for (const ScoringJob& job : jobs) {
        for (const std::size_t item : job.items)
            requests.push_back({items_[item].prompt, job.steering, task_.items[item].max_tokens});
    }
    const std::vector<std::string> answers = generate(model_, requests, {}, threads_, context);
    std::vector<std::vector<ItemScores>> results(jobs.size());
    auto next = answers.begin();
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        for (std::size_t i = 0; i < jobs[j].items.size(); ++i) results[j].emplace_back().answer = *next++;
    }
    if (task_.kind == TaskKind::judged) judge_answers(jobs, results, context);
    return results;
}

void TaskScorer::judge_answers(std::span<const ScoringJob> jobs, std::vector<std::vector<ItemScores>>& results,
                               const RunContext& context) const {
    std::vector<JudgeQuestion> questions;
    for (std::size_t j = 0; j < jobs.size(); ++j) {
        for (std::size_t i = 0; i < jobs[j].items.size(); ++i) {
            const TaskItem& item = task_.items[jobs[j].items[i]];
            questions.push_back({plain_text(item.prompt), results[j][i].answer, item.question});
        }
    }
    context.begin("judge " + std::to_string(questions.size()) + " answers", "answers", questions.size());
    const std::vector<JudgeAnswer> answers = task_.judge->ask(questions, context);
    context.end();
    auto next = answers.begin();
    for (std::vector<ItemScores>& of_job : results) {
        for (ItemScores& scores : of_job) scores.judged = *next++;
    }
}

std::vector<ItemScores> TaskScorer::score_all(std::shared_ptr<const SteeringPlan> steering, const RunContext& context) {
    const ScoringJob job = all_items(std::move(steering));
    return std::move(score({&job, 1}, context).front());
}

ScoringJob TaskScorer::all_items(std::shared_ptr<const SteeringPlan> steering) const {
    std::vector<std::size_t> all(task_.items.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return {std::move(steering), std::move(all)};
}

}  // namespace contrans
