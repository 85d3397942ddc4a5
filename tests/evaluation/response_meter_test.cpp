#include "contrans/evaluation/response_meter.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "contrans/evaluation/log_softmax.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::english;
using testing::RawContext;
using testing::throws_error;
using testing::tiny_word;

constexpr std::size_t kWords = 120;

const std::shared_ptr<const Model>& wordy_model() {
    static const testing::TemporaryFolder folder;
    static const std::shared_ptr<const Model> model = [] {
        testing::TinyModel tiny = testing::tiny_source();
        tiny.words = kWords;
        return Model::load(write_tiny_model(folder / "wordy.gguf", tiny));
    }();
    return model;
}

std::vector<std::string> texts() { return {english(40, 1), english(55, 2), english(33, 3)}; }

SteeringPlan::Step step() {
    std::vector<float> offset(wordy_model()->d_model());
    for (std::size_t i = 0; i < offset.size(); ++i) offset[i] = i % 3 == 0 ? 0.4F : -0.2F;
    return {LayerIndex{2}, offset};
}

TEST(WordTokens, AreASpaceAndLetters) {
    const WordTokens words = word_tokens(wordy_model()->tokenizer());
    ASSERT_EQ(words.words.size(), kWords + 1);  // and " the"
    EXPECT_TRUE(std::ranges::is_sorted(words.words));
    EXPECT_TRUE(std::ranges::binary_search(words.words, "the"));
    EXPECT_TRUE(std::ranges::binary_search(words.words, tiny_word(17)));
    for (std::size_t i = 0; i < words.words.size(); ++i)
        EXPECT_EQ(wordy_model()->tokenizer().piece(words.tokens[i]), " " + words.words[i]);
}

/// Text by text, whole, in f64.
std::vector<double> naive_change(const WordTokens& words) {
    RawContext plain(*wordy_model());
    RawContext steered(*wordy_model());
    steered.steer(step().layer, step().offset);
    std::vector<double> change(words.words.size(), 0.0);
    for (const std::string& text : texts()) {
        const auto tokens = wordy_model()->tokenizer().tokenise(text);
        const std::size_t at = (tokens.size() - 1) / 2;
        const Matrix before = plain.read(tokens).logits;
        const Matrix after = steered.read(tokens).logits;
        for (std::size_t w = 0; w < change.size(); ++w) {
            const auto token = static_cast<std::size_t>(words.tokens[w]);
            change[w] += (static_cast<double>(after(at, token)) - log_sum_exp(after.row(at)) -
                          static_cast<double>(before(at, token)) + log_sum_exp(before.row(at))) /
                         static_cast<double>(texts().size());
        }
    }
    return change;
}

TEST(ResponseMeter, IsTheMeanChangeOfLogProbability) {
    ResponseMeter meter(wordy_model(), texts(), {.texts = 0, .positions = 1, .threads = 1}, {});
    const std::shared_ptr<const SteeringPlan> plans[] = {
        nullptr, std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{step()})};
    const std::vector<WordResponse> responses = meter.measure(plans, {});
    ASSERT_EQ(responses.size(), 2U);
    const WordTokens words = word_tokens(wordy_model()->tokenizer());
    const std::vector<double> expected = naive_change(words);
    EXPECT_EQ(responses[1].words, words.words);
    double largest = 0;
    for (std::size_t w = 0; w < expected.size(); ++w) {
        EXPECT_NEAR(static_cast<double>(responses[0].change[w]), 0, 1e-3) << w;
        EXPECT_NEAR(static_cast<double>(responses[1].change[w]), expected[w], 5e-3) << w;
        largest = std::max(largest, std::abs(expected[w]));
    }
    EXPECT_GT(largest, 0.05);
}

TEST(ResponseMeter, NeedsATextThatIsLongEnough) {
    const std::vector<std::string> shortest = {"a"};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"neutral texts"}, [&] {
        ResponseMeter(wordy_model(), shortest, {.texts = 0, .positions = 1, .threads = 1}, {});
    }));
}

}  // namespace
}  // namespace contrans
