#include "apps/judge/endpoint_judge.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/text_lines.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr int kLikeliest = 20;  // as many as OpenAI's own gives
constexpr milliseconds kLongestWait{30000};
constexpr milliseconds kBeat{50};  // between looks at whether to stop

std::string request_body(const JudgeQuestion& question, const std::string& model) {
    return Json{{"model", model.empty() ? "default" : model},
                {"messages", {{{"role", "user"}, {"content", judge_prompt(question)}}}},
                {"max_tokens", 1},
                {"temperature", 0},
                {"logprobs", true},
                {"top_logprobs", kLikeliest}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string word_of(const Json& token) {
    std::string word(trimmed(token.get<std::string>()));
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return word;
}

/// Worth another try.
bool may_pass(const HttpReply& reply) { return reply.status == 0 || reply.status == 429 || reply.status >= 500; }

std::string trouble_of(const HttpReply& reply) {
    if (reply.status == 0) return reply.trouble;
    return "status " + std::to_string(reply.status) + " " + printable(reply.body, 120);
}

void wait(milliseconds time, const RunContext& context) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
        context.throw_if_stopped();
        std::this_thread::sleep_for(kBeat);
    }
}

}  // namespace

JudgeAnswer answer_from_completion(const std::string& body) {
    const Json json = Json::parse(body, nullptr, false);
    try {
        double yes = 0;
        double no = 0;
        for (const Json& each : json.at("choices").at(0).at("logprobs").at("content").at(0).at("top_logprobs")) {
            const double probability = std::exp(each.at("logprob").get<double>());
            const std::string word = word_of(each.at("token"));
            if (word == "yes") yes += probability;
            if (word == "no") no += probability;
        }
        return judge_answer(yes, no);
    } catch (const Json::exception&) {
        throw Error(ErrorKind::format, "gave no log-probabilities of the first token: " + printable(body, 120));
    }
}

EndpointJudge::EndpointJudge(std::string url, EndpointOptions options)
    : url_(std::move(url)), address_(parse_endpoint(url_)), options_(std::move(options)) {}

void EndpointJudge::fail(const std::string& what) const {
    throw Error(ErrorKind::model, "judge " + url_ + ": " + what);
}

std::string EndpointJudge::completion_of(const JudgeQuestion& question, const RunContext& context) const {
    const std::string body = request_body(question, options_.model);
    milliseconds pause = options_.wait;
    for (std::size_t tries = 1;; ++tries) {
        context.throw_if_stopped();
        HttpReply reply = post_json(address_, "/v1/chat/completions", body, {options_.key, options_.patience});
        if (reply.status == 200) return std::move(reply.body);
        if (!may_pass(reply)) fail("refused: " + trouble_of(reply));
        if (tries >= options_.tries) fail("no answer in " + std::to_string(tries) + " tries: " + trouble_of(reply));
        wait(pause, context);
        pause = std::min(2 * pause, kLongestWait);
    }
}

std::vector<JudgeAnswer> EndpointJudge::ask(std::span<const JudgeQuestion> questions, const RunContext& context) {
    std::vector<JudgeAnswer> answers;
    for (const JudgeQuestion& question : questions) {
        const std::string completion = completion_of(question, context);
        try {
            answers.push_back(answer_from_completion(completion));
        } catch (const Error& error) {
            fail(error.what());
        }
        context.advance(answers.size());
    }
    return answers;
}

}  // namespace contrans
