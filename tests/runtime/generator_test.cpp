#include "contrans/runtime/generator.h"

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/artefact_file.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::english;
using testing::RawContext;
using testing::throws_error;
using testing::tiny_source_model;

using Plan = std::shared_ptr<const SteeringPlan>;

GenerationRequest request_of(const std::string& prompt, Plan steering = nullptr) {
    return {tiny_source_model()->tokenizer().tokenise(prompt), std::move(steering)};
}

std::vector<std::string> write(const std::vector<GenerationRequest>& requests, const SamplingOptions& sampling) {
    return generate(tiny_source_model(), requests, sampling, 1, {});
}

/// One text, read anew for every token.
std::string naive_greedy(const GenerationRequest& request, std::size_t max_tokens) {
    RawContext raw(*tiny_source_model());
    if (request.steering) raw.steer(request.steering->steps()[0].layer, request.steering->steps()[0].offset);
    const Tokenizer& tokenizer = tiny_source_model()->tokenizer();
    std::vector<Token> tokens = request.prompt;
    while (tokens.size() < request.prompt.size() + max_tokens) {
        const Token next = testing::likeliest(raw.read(tokens).logits.row(tokens.size() - 1));
        if (tokenizer.ends_generation(next)) break;
        tokens.push_back(next);
    }
    return tokenizer.detokenise(std::span(tokens).subspan(request.prompt.size()));
}

std::vector<GenerationRequest> several() {
    std::vector<GenerationRequest> requests;
    for (unsigned i = 0; i < 20; ++i) requests.push_back(request_of(english(5 + 11 * i, i)));
    return requests;
}

Plan strong() {
    return std::make_shared<const SteeringPlan>(
        std::vector<SteeringPlan::Step>{{LayerIndex{2}, std::vector<float>(64, 0.5F)}});
}

TEST(Generator, GreedyTakesTheLikeliestTokenEveryTime) {
    for (const char* prompt : {"the ship", "x", "Rain over the garden and"}) {
        const GenerationRequest request = request_of(prompt);
        EXPECT_EQ(write({request}, {.max_tokens = 24})[0], naive_greedy(request, 24)) << prompt;
    }
}

TEST(Generator, SeveralAtOnceWriteWhatEachWritesAlone) {
    // More than there are slots, and more prompt tokens than a batch holds.
    const auto requests = several();
    const auto together = write(requests, {.max_tokens = 12});
    ASSERT_EQ(together.size(), requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        EXPECT_EQ(together[i], write({requests[i]}, {.max_tokens = 12})[0]) << i;
    }
    EXPECT_EQ(together[7], naive_greedy(requests[7], 12));
}

TEST(Generator, SteeringChangesTheTextOfItsOwnRequestAlone) {
    const GenerationRequest plain = request_of("the ship and the");
    const GenerationRequest steered = request_of("the ship and the", strong());
    const auto texts = write({plain, steered}, {.max_tokens = 16});
    EXPECT_EQ(texts[0], naive_greedy(plain, 16));
    EXPECT_EQ(texts[1], naive_greedy(steered, 16));
    EXPECT_NE(texts[0], texts[1]);
}

TEST(Generator, TheSeedDecidesWhatIsDrawn) {
    const SamplingOptions sampling{.max_tokens = 20, .temperature = 1.0, .seed = 7};
    SamplingOptions other = sampling;
    other.seed = 8;
    const GenerationRequest request = request_of("the ship");
    EXPECT_EQ(write({request}, sampling), write({request}, sampling));
    EXPECT_NE(write({request}, sampling), write({request}, other));
    // Request i draws from seed + i.
    const auto two = write({request, request}, sampling);
    EXPECT_NE(two[0], two[1]);
    EXPECT_EQ(two[1], write({request}, other)[0]);
}

TEST(Generator, TopKOfOneIsGreedyWhateverTheTemperature) {
    const GenerationRequest request = request_of("the ship");
    EXPECT_EQ(write({request}, {.max_tokens = 16, .temperature = 2.0, .top_k = 1}),
              write({request}, {.max_tokens = 16}));
}

TEST(Generator, WritesNoMoreThanAsked) {
    const Tokenizer& tokenizer = tiny_source_model()->tokenizer();
    const GenerationRequest request = request_of("the ship");
    EXPECT_EQ(write({request}, {.max_tokens = 1})[0],
              tokenizer.piece(testing::likeliest(
                  RawContext(*tiny_source_model()).read(request.prompt).logits.row(request.prompt.size() - 1))));
    EXPECT_EQ(write({request}, {.max_tokens = 0}), std::vector<std::string>{""});
    EXPECT_TRUE(write({}, {}).empty());
}

/// Makes a token the likeliest everywhere: the head is tied to the embeddings.
Plan towards(Token token) {
    const Matrix embeddings = ArtefactReader(testing::tiny_source_file()).matrix("token_embd.weight", {});
    std::vector<float> offset;
    for (const float x : embeddings.row(static_cast<std::size_t>(token))) offset.push_back(1000 * x);
    return std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{3}, std::move(offset)}});
}

TEST(Generator, StopsAtAnEndTokenAndLeavesItOut) {
    const Token a = tiny_source_model()->tokenizer().tokenise("a")[0];
    const Token end = 0;
    ASSERT_TRUE(tiny_source_model()->tokenizer().ends_generation(end));
    EXPECT_EQ(write({request_of("the ship", towards(a)), request_of("the ship", towards(end))}, {.max_tokens = 8}),
              (std::vector<std::string>{"aaaaaaaa", ""}));
}

TEST(Generator, APromptThatDoesNotFitOrIsEmptyIsRefused) {
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"512"}, [] { (void)write({request_of(english(2000))}, {}); }));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"prompt 2", "empty"}, [] {
        (void)write({request_of("a"), GenerationRequest{}}, {});
    }));
}

TEST(Generator, AStopIsHeeded) {
    std::stop_source stop;
    stop.request_stop();
    const std::vector<GenerationRequest> requests = several();
    EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] {
        (void)generate(tiny_source_model(), requests, {}, 1, {.progress = nullptr, .stop = stop.get_token()});
    }));
}

}  // namespace
}  // namespace contrans
