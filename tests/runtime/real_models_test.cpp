#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/runtime/chat_template.h"
#include "contrans/runtime/engine.h"
#include "contrans/runtime/generator.h"
#include "contrans/runtime/sequence_runner.h"
#include "gtest/gtest.h"
#include "tests/matching.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::RawContext;

const std::vector<std::string>& texts() {
    static const std::vector<std::string> all = {
        "The Danube rises in the Black Forest.", "Das Café öffnet um acht — für Gäste aus 日本 🙂.",
        "  two spaces, a\ttab and\n\na blank line", "The Danube rises in the Black Forest and flows east."};
    return all;
}

class RealModel : public ::testing::TestWithParam<std::shared_ptr<const Model> (*)()> {
protected:
    void SetUp() override { model_ = GetParam()(); }

    std::shared_ptr<const Model> model_;
};

INSTANTIATE_TEST_SUITE_P(All, RealModel, ::testing::Values(&testing::real_smollm2, &testing::real_gemma3),
                         [](const auto& model) { return std::string(model.index == 0 ? "SmolLM2" : "Gemma3"); });

TEST_P(RealModel, SpellsItsTextsOut) {
    for (const std::string& text : texts()) {
        const TokenisedText tokenised = model_->tokenizer().tokenise_with_ends(text);
        EXPECT_EQ(tokenised.offsets, TokenisedText::Offsets::exact) << text;
        EXPECT_EQ(tokenised.byte_ends.back(), text.size()) << text;
    }
}

TEST_P(RealModel, SteersAsLlamaCppsControlVectorsDo) {
    const auto tokens = model_->tokenizer().tokenise(texts()[0]);
    for (const std::size_t layer : {model_->n_layers() / 2, model_->n_layers() - 1}) {
        RawContext raw(*model_, 64);
        const RawContext::Reading unsteered = raw.read(tokens);
        // As long as a state: its own direction at the first word.
        const std::span<const float> offset = unsteered.states[layer].row(2);
        raw.steer(LayerIndex{layer}, offset);
        const Matrix steered = raw.read(tokens).logits;

        Engine engine(model_,
                      {.batch_tokens = 64, .context_tokens = 64, .sequences = 2, .logit_rows = 64, .threads = 1});
        const auto plan = std::make_shared<const SteeringPlan>(
            std::vector<SteeringPlan::Step>{{LayerIndex{layer}, {offset.begin(), offset.end()}}});
        std::vector<BatchRow> rows;
        for (std::size_t i = 0; i < tokens.size(); ++i) rows.push_back({tokens[i], i, {0}, true, plan});
        engine.decode(rows);
        float changed = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_TRUE(all_close(engine.logits(i), steered.row(i), 1e-4, 0)) << "block " << layer << " token " << i;
            changed = std::max(changed, std::abs(engine.logits(i)[0] - unsteered.logits(i, 0)));
        }
        EXPECT_GT(changed, 0.05F);
    }
}

TEST_P(RealModel, SharedBeginningsGiveWhatEachTextGivesAlone) {
    std::vector<SequenceRequest> requests;
    for (const std::string& text : texts()) {
        requests.push_back({model_->tokenizer().tokenise(text), {}, nullptr});
        requests.back().logit_positions = {requests.back().tokens.size() - 1};
    }
    const std::size_t middle = model_->n_layers() / 2;
    Engine engine(model_, {.batch_tokens = 128, .context_tokens = 128, .sequences = 8, .logit_rows = 8, .threads = 1});
    RawContext raw(*model_, 64);
    std::vector<RawContext::Reading> naive;
    for (const SequenceRequest& request : requests) naive.push_back(raw.read(request.tokens));
    // K-quants and the f16 cache round by the batch (DESIGN §4): near, not alike.
    std::size_t seen = 0;
    run_sequences(engine, requests,
                  {.observed = {LayerIndex{middle}},
                   .on_points =
                       [&](LayerIndex, std::size_t request, std::size_t first, MatrixView points) {
                           for (std::size_t r = 0; r < points.rows; ++r) {
                               const auto expected = naive[request].states[middle].row(first + r);
                               double error = 0;
                               double length = 0;
                               for (std::size_t c = 0; c < points.cols; ++c) {
                                   error += std::pow(static_cast<double>(points(r, c) - expected[c]), 2);
                                   length += std::pow(static_cast<double>(expected[c]), 2);
                               }
                               EXPECT_LT(std::sqrt(error / length), 0.03) << request << " " << first + r;
                           }
                       },
                   .on_logits =
                       [&](std::size_t request, std::size_t position, std::span<const float> logits) {
                           EXPECT_EQ(testing::likeliest(logits),
                                     testing::likeliest(naive[request].logits.row(position)));
                           ++seen;
                       }},
                  {});
    EXPECT_EQ(seen, requests.size());
}

TEST_P(RealModel, WritesEnglish) {
    const GenerationRequest request{model_->tokenizer().tokenise("The capital of France is"), nullptr};
    const auto written = generate(model_, {&request, 1}, {.max_tokens = 6}, 1, {});
    const char* expected = model_->identity().architecture == "llama" ? "Paris" : " the ";
    EXPECT_NE(written[0].find(expected), std::string::npos) << written[0];
}

TEST(SmolLm2, ChatsAreRenderedByItsOwnTemplate) {
    const auto model = testing::real_smollm2();
    const std::vector<ChatMessage> chat = {{"system", "Be brief."}, {"user", "Who?"}};
    EXPECT_EQ(render_chat(model->handle(), chat),
              "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n");
    // The markers become control tokens, one each.
    const auto tokens = model->tokenizer().tokenise_text(chat);
    EXPECT_EQ(
        std::count(tokens.begin(), tokens.end(), model->tokenizer().tokenise("<|im_start|>", SpecialTokens::parse)[0]),
        3);
}

TEST(Gemma3, TheBaseModelHasBosAndEndsWhereItShould) {
    const auto model = testing::real_gemma3();
    const auto tokens = model->tokenizer().tokenise("A text.");
    EXPECT_EQ(model->tokenizer().piece(tokens[0]), "");
    EXPECT_EQ(model->tokenizer().detokenise(tokens), "A text.");
}

}  // namespace
}  // namespace contrans
