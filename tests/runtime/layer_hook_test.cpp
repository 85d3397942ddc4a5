#include "contrans/runtime/layer_hook.h"

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ggml.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

/// A node as llama.cpp shows it, of width 3.
class Node {
public:
    Node(const char* name, std::int64_t rows, ggml_type type = GGML_TYPE_F32)
        : memory_(ggml_init({.mem_size = 1 << 16, .mem_buffer = nullptr, .no_alloc = true}), &ggml_free),
          tensor_(ggml_new_tensor_2d(memory_.get(), type, 3, rows)) {
        ggml_set_name(tensor_, name);
    }
    [[nodiscard]] ggml_tensor* get() const { return tensor_; }

private:
    std::unique_ptr<ggml_context, decltype(&ggml_free)> memory_;
    ggml_tensor* tensor_;
};

LayerWork reading(std::vector<LayerIndex> layers) {
    return {.observed = std::move(layers), .on_points = {}, .row_steering = {nullptr, nullptr}, .logit_rows = {}};
}

TEST(LayerHook, AsksForTheWantedBlocksAlone) {
    LayerHook hook;
    hook.arm(reading({LayerIndex{1}, LayerIndex{12}}), 2);
    const auto asks = [&](const char* name) { return LayerHook::on_node(Node(name, 2).get(), true, &hook); };
    EXPECT_TRUE(asks("l_out-1"));
    EXPECT_TRUE(asks("l_out-12"));
    EXPECT_FALSE(asks("l_out-2"));
    EXPECT_FALSE(asks("l_out-1 (view)"));
    EXPECT_FALSE(asks("l_out-"));
    EXPECT_FALSE(asks("attn_out-1"));
}

TEST(LayerHook, AModelThatNeverShowsAWantedBlockIsAnError) {
    LayerHook hook;
    hook.arm(reading({LayerIndex{1}}), 2);
    EXPECT_TRUE(throws_error(ErrorKind::model, {"l_out", "1 of the 1"}, [&] { hook.finish(); }));

    const auto plan = std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{0}, {1, 1, 1}}});
    hook.arm({.observed = {}, .on_points = {}, .row_steering = {plan}, .logit_rows = {0}}, 1);
    EXPECT_TRUE(throws_error(ErrorKind::model, {"steered"}, [&] { hook.finish(); }));
    hook.arm(reading({}), 2);
    EXPECT_NO_THROW(hook.finish());
}

TEST(LayerHook, AnotherTypeOrNumberOfRowsStopsTheGraphAndIsRaisedAfterwards) {
    const Node half("l_out-1", 2, GGML_TYPE_F16);
    const Node other_rows("l_out-1", 5);
    for (const Node* node : {&half, &other_rows}) {
        LayerHook hook;
        hook.arm(reading({LayerIndex{1}}), 2);
        EXPECT_FALSE(LayerHook::on_node(node->get(), false, &hook));
        EXPECT_TRUE(hook.stopped_early());
        EXPECT_TRUE(throws_error(ErrorKind::model, {"l_out-1"}, [&] { hook.finish(); }));
    }
}

}  // namespace
}  // namespace contrans
