#include "contrans/harvest/harvester.h"

#include <initializer_list>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "contrans/runtime/chat_template.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"
#include "tests/core/temporary_folder.h"
#include "tests/matching.h"
#include "tests/runtime/raw_context.h"
#include "tests/runtime/tiny_models.h"

namespace contrans {
namespace {

using testing::all_close;
using testing::english;
using testing::RawContext;
using testing::throws_error;

// llama.cpp's F16 cache: rows in other batches round otherwise; states here are of size 1.
constexpr double kTolerance = 3e-3;

std::vector<LayerIndex> layers(std::initializer_list<std::size_t> values) {
    std::vector<LayerIndex> result;
    for (const std::size_t value : values) result.push_back({value});
    return result;
}

/// Common beginnings, one token's length apart, and texts longer than a batch (128 rows with the last block, else 512).
std::vector<Text> texts() {
    const std::string stem = english(40);
    std::vector<Text> all = {stem, stem + " ship", stem + " ships", english(400, 1), english(500, 2), "It"};
    for (unsigned i = 3; i < 16; ++i) all.emplace_back(english(30 + i, i));
    return all;
}

class Harvest : public ::testing::TestWithParam<const std::shared_ptr<const Model>& (*)()> {
protected:
    RawContext::Reading naive(const Text& text) { return raw_.read(model_->tokenizer().tokenise_text(text)); }

    std::shared_ptr<const Model> model_ = GetParam()();
    RawContext raw_{*model_};
};

INSTANTIATE_TEST_SUITE_P(Models, Harvest, ::testing::Values(&testing::tiny_source_model, &testing::tiny_target_model),
                         [](const auto& model) {
                             return std::string(model.index == 0 ? "BytePairs" : "SentencePieces");
                         });

TEST_P(Harvest, LastIsTheStateOfTheLastToken) {
    for (const auto& asked : {layers({1}), layers({0, 2}), layers({model_->n_layers() - 1, 1})}) {
        const std::vector<Text> all = texts();
        const TextStates states = harvest_texts(model_, all, TextPosition::last, {asked, 1}, {});
        EXPECT_EQ(states.layers, asked);
        for (std::size_t t = 0; t < all.size(); ++t) {
            const auto reading = naive(all[t]);
            for (std::size_t l = 0; l < asked.size(); ++l) {
                const Matrix& expected = reading.states[asked[l].value];
                EXPECT_TRUE(
                    all_close(std::as_const(states.states[l]).row(t), expected.row(expected.rows() - 1), kTolerance, 0))
                    << "text " << t << " layer " << asked[l].value;
            }
        }
    }
}

TEST_P(Harvest, MeanIsOverAllTokensButTheFirst) {
    std::vector<Text> all = texts();
    std::erase(all, Text("It"));  // may be one token
    for (const auto& asked : {layers({1}), layers({0, model_->n_layers() - 1})}) {
        const TextStates states = harvest_texts(model_, all, TextPosition::mean, {asked, 1}, {});
        for (std::size_t t = 0; t < all.size(); ++t) {
            const auto reading = naive(all[t]);
            for (std::size_t l = 0; l < asked.size(); ++l) {
                const Matrix& points = reading.states[asked[l].value];
                std::vector<double> mean(points.cols(), 0.0);
                for (std::size_t r = 1; r < points.rows(); ++r) {
                    for (std::size_t c = 0; c < points.cols(); ++c) {
                        mean[c] += static_cast<double>(points(r, c)) / static_cast<double>(points.rows() - 1);
                    }
                }
                EXPECT_TRUE(all_close(std::as_const(states.states[l]).row(t), std::span<const double>(mean), 1e-3, 0))
                    << "text " << t << " layer " << asked[l].value;
            }
        }
    }
}

TEST_P(Harvest, SeveralPositionsReadTogetherAreWhatEachIsAlone) {
    const std::vector<Text> all = texts();
    const HarvestOptions options{layers({0, 2}), 1};
    const auto both = harvest_texts(model_, all, std::set{TextPosition::mean, TextPosition::last}, options, {});
    ASSERT_EQ(both.size(), 2U);
    for (const auto& [position, states] : both) {
        const TextStates alone = harvest_texts(model_, all, position, options, {});
        EXPECT_EQ(states.layers, alone.layers);
        EXPECT_EQ(states.states, alone.states);
    }
}

TEST_P(Harvest, SelectedTokensComeInOrderOneRowEach) {
    std::vector<TokenSelection> selections;
    for (const Text& text : texts()) {
        const auto tokens = model_->tokenizer().tokenise_text(text);
        TokenSelection selection{tokens, {}};
        for (std::size_t p = selections.size() % 3; p < tokens.size(); p += 1 + selections.size() % 5) {
            selection.positions.push_back(p);
        }
        selections.push_back(std::move(selection));
    }
    selections[1].positions.clear();
    const TokenStates states = harvest_tokens(model_, selections, {layers({2, 0}), 1}, {});
    ASSERT_EQ(states.first_row.size(), selections.size() + 1);
    EXPECT_EQ(states.first_row.back(), states.states[0].rows());
    for (std::size_t t = 0; t < selections.size(); ++t) {
        ASSERT_EQ(states.first_row[t + 1] - states.first_row[t], selections[t].positions.size());
        const auto reading = raw_.read(selections[t].tokens);
        for (std::size_t i = 0; i < selections[t].positions.size(); ++i) {
            for (const std::size_t l : {0U, 1U}) {
                EXPECT_TRUE(all_close(std::as_const(states.states[l]).row(states.first_row[t] + i),
                                      reading.states[l == 0 ? 2 : 0].row(selections[t].positions[i]), kTolerance, 0))
                    << "text " << t << " position " << selections[t].positions[i];
            }
        }
    }
}

TEST_P(Harvest, AChatIsReadAsItsTemplateRendersIt) {
    const std::vector<ChatMessage> chat = {{"user", "Who is there?"}, {"assistant", "The rain."}};
    const std::vector<Text> all = {Text(chat), Text(render_chat(model_->handle(), chat))};
    const TextStates states = harvest_texts(model_, all, TextPosition::last, {layers({1}), 1}, {});
    EXPECT_TRUE(
        all_close(std::as_const(states.states[0]).row(0), std::as_const(states.states[0]).row(1), kTolerance, 0));
}

TEST(HarvestErrors, ATextLongerThanTheContextIsNamed) {
    const std::vector<Text> all = {Text("the ship"), Text(english(3000))};
    for (const TextPosition position : {TextPosition::last, TextPosition::mean}) {
        EXPECT_TRUE(throws_error(ErrorKind::argument, {"text 2", "512"}, [&] {
            (void)harvest_texts(testing::tiny_source_model(), all, position, {layers({1}), 1}, {});
        }));
    }
}

TEST(HarvestErrors, ATextAsLongAsTheContextIsRead) {
    const auto& model = testing::tiny_source_model();
    auto tokens = model->tokenizer().tokenise(english(3000));
    tokens.resize(model->trained_context());
    const std::vector<TokenSelection> selections = {{tokens, {511}}};
    const TokenStates states = harvest_tokens(model, selections, {layers({1}), 1}, {});
    const auto reading = RawContext(*model).read(tokens);
    EXPECT_TRUE(all_close(std::as_const(states.states[0]).row(0), reading.states[1].row(511), kTolerance, 0));
}

TEST(HarvestErrors, NothingToReadOrAMissingLayerIsRefused) {
    const auto& model = testing::tiny_source_model();
    const std::vector<Text> one = {Text("the ship")};
    const auto harvest = [&](const std::vector<Text>& all, const std::vector<LayerIndex>& asked) {
        return [&model, all, asked] { (void)harvest_texts(model, all, TextPosition::last, {asked, 1}, {}); };
    };
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"at least one text"}, harvest({}, layers({1}))));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"one layer"}, harvest(one, {})));
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"layer 9", "4 layers"}, harvest(one, layers({9}))));
}

TEST(HarvestErrors, AMeanNeedsTwoTokens) {
    EXPECT_TRUE(have_means(*testing::tiny_source_model(), std::vector<Text>{"It was", "a ship"}));
    EXPECT_FALSE(have_means(*testing::tiny_source_model(), std::vector<Text>{"It was", "x"}));
    const std::vector<Text> all = {Text("the ship"), Text("x")};
    EXPECT_TRUE(throws_error(ErrorKind::argument, {"text 2", "two"}, [&] {
        (void)harvest_texts(testing::tiny_source_model(), all, TextPosition::mean, {layers({1}), 1}, {});
    }));
}

TEST(HarvestErrors, AStateThatIsNotFiniteIsNamed) {
    // A model with a hole: one weight of the second block is infinite.
    const testing::TemporaryFolder folder;
    testing::TinyModel tiny = testing::tiniest();
    tiny.layers = 3;
    const auto file = write_tiny_model(folder / "broken.gguf", tiny);
    std::string bytes = testing::read_bytes(file);
    const std::string infinite("\x00\x00\x80\x7F", 4);
    bytes.replace(bytes.size() - 4, 4, infinite);  // the last value of the last block's last matrix
    testing::write_bytes(file, bytes);
    const auto model = Model::load(file);
    const std::vector<Text> all = {Text("the ship")};
    for (const TextPosition position : {TextPosition::last, TextPosition::mean}) {
        EXPECT_TRUE(throws_error(ErrorKind::numeric, {"text 1", "layer 2", "finite"}, [&] {
            (void)harvest_texts(model, all, position, {layers({1, 2}), 1}, {});
        }));
        EXPECT_NO_THROW((void)harvest_texts(model, all, position, {layers({1}), 1}, {}));
    }
}

TEST(HarvestErrors, AStopIsHeeded) {
    std::stop_source stop;
    stop.request_stop();
    const std::vector<Text> all = texts();
    EXPECT_TRUE(throws_error(ErrorKind::interrupted, {}, [&] {
        (void)harvest_texts(testing::tiny_source_model(), all, TextPosition::last, {layers({1}), 1},
                            {.progress = nullptr, .stop = stop.get_token()});
    }));
}

TEST(AllButFirst, LeavesTheFirstOut) {
    EXPECT_EQ(all_but_first({5, 6, 7}).positions, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(all_but_first({5}).positions, (std::vector<std::size_t>{}));
}

}  // namespace
}  // namespace contrans
