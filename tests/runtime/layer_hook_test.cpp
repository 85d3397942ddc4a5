#include "contrans/runtime/layer_hook.h"

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml.h"
#include "gtest/gtest.h"
#include "tests/core/expect_error.h"

namespace contrans {
namespace {

using testing::throws_error;

enum class Memory { none, host };

/// A node as llama.cpp shows it, of width 3; with memory: values to be had.
class Node {
public:
    Node(const char* name, std::int64_t rows, ggml_type type = GGML_TYPE_F32, Memory memory = Memory::none)
        : memory_(ggml_init({.mem_size = 1 << 16, .mem_buffer = nullptr, .no_alloc = true}), &ggml_free),
          tensor_(ggml_new_tensor_2d(memory_.get(), type, 3, rows)) {
        ggml_set_name(tensor_, name);
        if (memory == Memory::host) {
            buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(memory_.get(), ggml_backend_cpu_buffer_type()));
        }
    }
    Node(const char* name, std::int64_t rows, Memory memory) : Node(name, rows, GGML_TYPE_F32, memory) {}

    [[nodiscard]] ggml_tensor* get() const { return tensor_; }

private:
    struct FreeBuffer {
        void operator()(ggml_backend_buffer* buffer) const noexcept { ggml_backend_buffer_free(buffer); }
    };

    std::unique_ptr<ggml_context, decltype(&ggml_free)> memory_;
    std::unique_ptr<ggml_backend_buffer, FreeBuffer> buffer_;
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

// Of a graph in several splits llama.cpp ends the current one alone, and shows the nodes of the others (DESIGN §4).
TEST(LayerHook, OfTheSplitsBehindAStopOneNodeIsComputedAndNothingIsSeen) {
    const auto deeper =
        std::make_shared<const SteeringPlan>(std::vector<SteeringPlan::Step>{{LayerIndex{3}, {1, 1, 1}}});
    LayerHook hook;
    std::vector<std::size_t> seen;
    LayerWork work = reading({LayerIndex{1}});
    work.on_points = [&](LayerIndex layer, MatrixView, std::span<const std::size_t>) { seen.push_back(layer.value); };
    work.row_steering = {deeper, deeper};
    hook.arm(std::move(work), 2);
    const auto shown = [&](const char* name, bool ask) {
        return LayerHook::on_node(Node(name, 2, Memory::host).get(), ask, &hook);
    };
    EXPECT_FALSE(shown("l_out-1", false));
    for (const char* first_of_split : {"norm-2", "l_out-1", "l_out-3"}) {
        EXPECT_TRUE(shown(first_of_split, true)) << first_of_split;
        EXPECT_FALSE(shown(first_of_split, false)) << first_of_split;
    }
    EXPECT_EQ(seen, std::vector<std::size_t>{1});
    EXPECT_TRUE(hook.stopped_early());
    EXPECT_NO_THROW(hook.finish());
    EXPECT_TRUE(hook.stopped_early());

    hook.arm(reading({LayerIndex{1}}), 2);
    EXPECT_FALSE(hook.stopped_early());
    EXPECT_FALSE(LayerHook::on_node(Node("l_out-3", 2).get(), true, &hook));
}

TEST(LayerHook, ASplitBehindAnExceptionIsLeftAlone) {
    LayerHook hook;
    LayerWork work = reading({LayerIndex{1}, LayerIndex{2}});
    work.on_points = [](LayerIndex, MatrixView, std::span<const std::size_t>) { throw std::runtime_error("mine"); };
    hook.arm(std::move(work), 2);
    const Node later("l_out-2", 2, Memory::host);
    EXPECT_FALSE(LayerHook::on_node(Node("l_out-1", 2, Memory::host).get(), false, &hook));
    EXPECT_TRUE(LayerHook::on_node(later.get(), true, &hook));
    EXPECT_FALSE(LayerHook::on_node(later.get(), false, &hook));
    EXPECT_THROW(hook.finish(), std::runtime_error);
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
