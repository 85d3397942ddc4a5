#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "contrans/core/layer_index.h"
#include "contrans/linalg/matrix.h"
#include "contrans/runtime/steering.h"

struct ggml_tensor;

namespace contrans {

/// Sees the residual stream after one block. `points` [n, d_model] is valid during the call alone; `rows[i]` is the
/// batch row that points' row i belongs to. In the last block only rows that want logits exist.
using PointsCallback = std::function<void(LayerIndex layer, MatrixView points, std::span<const std::size_t> rows)>;

/// How much a decode computes when nothing but observation is asked: up to the deepest layer observed, or all, so that
/// later decodes may go on from there.
enum class ReadingDepth { observed, whole };

/// What one decode wants of the layers: which to read, which rows to write into.
struct LayerWork {
    std::vector<LayerIndex> observed;                               ///< empty: read nothing
    PointsCallback on_points;                                       ///< called once per observed layer
    std::vector<std::shared_ptr<const SteeringPlan>> row_steering;  ///< per batch row; null: leave the row alone
    std::vector<std::size_t> logit_rows;                            ///< rows that want logits, rising
    ReadingDepth depth = ReadingDepth::observed;
};

/// Sits in llama.cpp's `cb_eval` and reads or writes `l_out-k` (DESIGN §4).
///
/// Observation comes after steering, so what is observed is what the next block reads. Never throws out of the
/// callback: an exception is kept, the graph is stopped, and `finish()` raises it after the decode. A stop holds for
/// all splits of the graph that follow, on other devices too: of each, llama.cpp still computes one node.
class LayerHook {
public:
    /// @param model  names the model in messages
    explicit LayerHook(std::string model = "model") : model_(std::move(model)) {}

    /// Starts a decode of `n_rows` rows.
    void arm(LayerWork work, std::size_t n_rows);
    /// After the decode: raises what the callback caught; Error{model} when a wanted layer never came by.
    void finish();
    /// Whether the graph was stopped above the deepest layer wanted: logits and KV are then not to be used.
    [[nodiscard]] bool stopped_early() const { return stopped_; }

    /// Whether `finish` will raise an exception that the callback caught.
    [[nodiscard]] bool failed() const { return caught_ != nullptr; }

    static bool on_node(ggml_tensor* node, bool ask, void* self) noexcept;

private:
    [[nodiscard]] bool wants(LayerIndex layer) const;
    bool visit(ggml_tensor* node, LayerIndex layer);
    [[nodiscard]] std::vector<std::size_t> rows_of(const ggml_tensor* node) const;
    /// What is done to a row at a layer; empty: nothing.
    [[nodiscard]] std::span<const SteeringPlan::Step> steps_of(std::size_t row, LayerIndex layer) const;
    void steer_rows(ggml_tensor* node, LayerIndex layer, std::span<const std::size_t> rows) const;

    std::string model_;
    LayerWork work_;
    std::size_t n_rows_ = 0;
    std::vector<LayerIndex> steered_;  // all layers some row is steered at
    LayerIndex deepest_;
    std::size_t visits_ = 0;
    bool stopped_ = false;
    std::exception_ptr caught_;
};

}  // namespace contrans
