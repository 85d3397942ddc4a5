#include "apps/judge/endpoint_judge.h"

#include <nlohmann/json.hpp>
#include <stop_token>
#include <thread>

#include "contrans/evaluation/kept_judge.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/judge/fake_endpoint.h"

namespace contrans {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::completion;
using testing::FakeEndpoint;
using testing::http_reply;
using testing::throws_error;

/// Impatient: what goes wrong is over in a moment.
EndpointOptions quick() {
    EndpointOptions options;
    options.tries = 3;
    options.wait = 1ms;
    options.patience = 2000ms;
    return options;
}

std::vector<JudgeQuestion> questions(std::size_t n) {
    std::vector<JudgeQuestion> all;
    for (std::size_t i = 0; i < n; ++i)
        all.push_back({"Where is my parcel?", "On its way, reply " + std::to_string(i) + ".", "Is the reply polite?"});
    return all;
}

std::vector<JudgeAnswer> ask(const std::string& url, std::size_t n = 1, const EndpointOptions& options = quick()) {
    return EndpointJudge(url, options).ask(questions(n), {});
}

TEST(EndpointJudge, SumsWhatReadsYesOrNo) {
    FakeEndpoint endpoint([](std::size_t, const std::string&) {
        return completion({{" Yes", 0.5}, {"yes", 0.1}, {"No", 0.2}, {"Yesterday", 0.1}, {"nope", 0.05}});
    });
    EndpointOptions options = quick();
    options.model = "small";
    const std::vector<JudgeAnswer> answers = ask(endpoint.url(), 1, options);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_NEAR(answers[0].yes, 0.6 / 0.8, 1e-6);
    EXPECT_FALSE(answers[0].neither);
    const json request = json::parse(endpoint.requests().at(0));
    EXPECT_EQ(request.at("model"), "small");
    EXPECT_EQ(request.at("logprobs"), true);
    EXPECT_EQ(request.at("max_tokens"), 1);
    const auto prompt = request.at("messages").at(0).at("content").get<std::string>();
    for (const char* part : {"Where is my parcel?", "reply 0.", "Is the reply polite?", "yes or no"})
        EXPECT_NE(prompt.find(part), std::string::npos) << prompt;
}

TEST(EndpointJudge, SaysNeitherWhereItSaysNeither) {
    FakeEndpoint endpoint([](std::size_t, const std::string&) {
        return completion({{"Maybe", 0.9}, {"yes", 0.02}, {"no", 0.01}});
    });
    EXPECT_EQ(ask(endpoint.url()).at(0), (JudgeAnswer{0, true}));
}

TEST(EndpointJudge, StopsWhereNobodyListens) {
    const std::string url = testing::dead_url();
    EXPECT_TRUE(throws_error(ErrorKind::model, {url, "3 tries", "refused"}, [&] { (void)ask(url); }));
}

TEST(EndpointJudge, StopsWhereItIsTooSlow) {
    FakeEndpoint endpoint([](std::size_t, const std::string&) {
        std::this_thread::sleep_for(300ms);
        return completion({{"yes", 1}});
    });
    EndpointOptions options = quick();
    options.tries = 2;
    options.patience = 60ms;
    EXPECT_TRUE(throws_error(ErrorKind::model, {"2 tries", "no reply within 0.06 s"},
                             [&] { (void)ask(endpoint.url(), 1, options); }));
}

TEST(EndpointJudge, TriesAgainWhatMayPass) {
    FakeEndpoint endpoint([](std::size_t n, const std::string&) {
        return n == 0 ? http_reply(503, "{}") : n == 1 ? std::string() : completion({{"no", 0.9}, {"yes", 0.1}});
    });
    EXPECT_NEAR(ask(endpoint.url()).at(0).yes, 0.1, 1e-6);
    EXPECT_EQ(endpoint.requests().size(), 3U);
    FakeEndpoint busy([](std::size_t, const std::string&) { return http_reply(429, "slow down"); });
    EXPECT_TRUE(throws_error(ErrorKind::model, {"3 tries", "429", "slow down"}, [&] { (void)ask(busy.url()); }));
}

TEST(EndpointJudge, StopsAtOnceWhatWillNot) {
    FakeEndpoint strict([](std::size_t, const std::string&) { return http_reply(401, "no such key"); });
    EXPECT_TRUE(throws_error(ErrorKind::model, {"401", "no such key"}, [&] { (void)ask(strict.url()); }));
    EXPECT_EQ(strict.requests().size(), 1U);
    FakeEndpoint mute([](std::size_t, const std::string&) {
        return http_reply(200, R"({"choices": [{"message": {"content": "yes"}, "logprobs": null}]})");
    });
    EXPECT_TRUE(throws_error(ErrorKind::model, {mute.url(), "no log-probabilities"}, [&] { (void)ask(mute.url()); }));
    FakeEndpoint babbling([](std::size_t, const std::string&) { return http_reply(200, "<html>"); });
    EXPECT_TRUE(throws_error(ErrorKind::model, {"no log-probabilities"}, [&] { (void)ask(babbling.url()); }));
}

TEST(EndpointJudge, CanBeInterruptedWhileItWaits) {
    EndpointOptions options = quick();
    options.wait = 60s;
    std::stop_source stop;
    std::jthread later([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    EndpointJudge judge(testing::dead_url(), options);
    EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] {
        (void)judge.ask(questions(1), {nullptr, stop.get_token()});
    }));
}

TEST(EndpointJudge, RefusesWhatIsNoAddress) {
    for (const char* url : {"https://host:1", "host:1", "http://", "http://host:many", "http://:80"})
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"--judge"}, [&] { EndpointJudge(url, quick()); })) << url;
    EXPECT_EQ(parse_endpoint("http://host/under/").path, "/under");
    EXPECT_EQ(parse_endpoint("http://host/under").port, "80");
}

TEST(EndpointJudge, GoesOnWithTheAnswersThatAreKept) {
    const testing::TemporaryFolder folder;
    const auto file = folder / "kept.jsonl";
    FakeEndpoint endpoint(
        [](std::size_t n, const std::string&) {  // ends after two answers, and is back for one more run
            return n >= 2 && n < 5 ? http_reply(500, "down") : completion({{"yes", 0.8}, {"no", 0.2}});
        });
    const auto judge = [&] { return KeptJudge(std::make_unique<EndpointJudge>(endpoint.url(), quick()), file); };
    EXPECT_TRUE(throws_error(ErrorKind::model, {"3 tries", "2 of 4 answers are kept in", "kept.jsonl", "goes on"},
                             [&] { (void)judge().ask(questions(4), {}); }));
    EXPECT_EQ(endpoint.requests().size(), 5U);
    EXPECT_EQ(judge().ask(questions(4), {}).size(), 4U);
    EXPECT_EQ(endpoint.requests().size(), 7U) << "the two that were missing";
    EXPECT_EQ(judge().ask(questions(4), {}).at(3).neither, false);
    EXPECT_EQ(endpoint.requests().size(), 7U) << "all are kept";
}

}  // namespace
}  // namespace contrans
