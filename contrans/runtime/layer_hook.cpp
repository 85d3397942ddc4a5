#include "contrans/runtime/layer_hook.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "contrans/core/error.h"
#include "ggml-backend.h"
#include "ggml.h"

namespace contrans {
namespace {

std::optional<LayerIndex> layer_of(const ggml_tensor* node) {
    constexpr std::string_view kPrefix = "l_out-";
    const std::string_view name = node->name;
    if (!name.starts_with(kPrefix)) return std::nullopt;
    LayerIndex layer;
    const auto [end, error] = std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), layer.value);
    return error == std::errc{} && end == name.data() + name.size() ? std::optional(layer) : std::nullopt;
}

/// The node's values where they lie in host memory, null where they lie on a device.
float* host_data(const ggml_tensor* node) {
    const ggml_backend_buffer_t buffer = node->view_src != nullptr ? node->view_src->buffer : node->buffer;
    return buffer != nullptr && ggml_backend_buffer_is_host(buffer) ? static_cast<float*>(node->data) : nullptr;
}

}  // namespace

void LayerHook::arm(LayerWork work, std::size_t n_rows) {
    work_ = std::move(work);
    n_rows_ = n_rows;
    steered_.clear();
    visits_ = 0;
    stopped_ = false;
    caught_ = nullptr;
    const SteeringPlan* previous = nullptr;
    for (const auto& plan : work_.row_steering) {
        if (plan == nullptr || plan.get() == previous) continue;
        previous = plan.get();
        for (const SteeringPlan::Step& step : plan->steps()) steered_.push_back(step.layer);
    }
    std::sort(steered_.begin(), steered_.end());
    steered_.erase(std::unique(steered_.begin(), steered_.end()), steered_.end());
    deepest_ = LayerIndex{0};
    for (const LayerIndex layer : work_.observed) deepest_ = std::max(deepest_, layer);
}

void LayerHook::finish() {
    if (caught_) std::rethrow_exception(std::exchange(caught_, nullptr));
    std::vector<LayerIndex> wanted = work_.observed;
    wanted.insert(wanted.end(), steered_.begin(), steered_.end());
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    if (!stopped_ && visits_ < wanted.size()) {
        throw Error(ErrorKind::model, model_ + ": this architecture shows no residual stream (l_out) at " +
                                          std::to_string(wanted.size() - visits_) + " of the " +
                                          std::to_string(wanted.size()) +
                                          " layers wanted; it cannot be read or steered");
    }
}

bool LayerHook::wants(LayerIndex layer) const {
    return std::find(work_.observed.begin(), work_.observed.end(), layer) != work_.observed.end() ||
           std::binary_search(steered_.begin(), steered_.end(), layer);
}

bool LayerHook::on_node(ggml_tensor* node, bool ask, void* self) noexcept {
    auto& hook = *static_cast<LayerHook*>(self);
    // A stop ends one split of the graph. Of each that follows, asking for its first node and stopping there computes
    // that node alone, of values that nobody reads.
    if (hook.stopped_) return ask;
    const std::optional<LayerIndex> layer = layer_of(node);
    const bool wanted = layer && hook.wants(*layer);
    if (ask) return wanted;
    if (!wanted) return true;
    try {
        return hook.visit(node, *layer);
    } catch (...) {
        hook.caught_ = std::current_exception();
        hook.stopped_ = true;
        return false;
    }
}

bool LayerHook::visit(ggml_tensor* node, LayerIndex layer) {
    ++visits_;
    const std::vector<std::size_t> rows = rows_of(node);
    if (std::binary_search(steered_.begin(), steered_.end(), layer)) steer_rows(node, layer, rows);
    if (std::find(work_.observed.begin(), work_.observed.end(), layer) != work_.observed.end()) {
        const auto width = static_cast<std::size_t>(node->ne[0]);
        if (const float* data = host_data(node)) {
            work_.on_points(layer, {data, rows.size(), width}, rows);
        } else {
            Matrix copy(rows.size(), width);
            ggml_backend_tensor_get(node, copy.data(), 0, rows.size() * width * sizeof(float));
            work_.on_points(layer, copy, rows);
        }
    }
    // Nothing above the deepest layer is needed when no logits are.
    stopped_ = work_.depth == ReadingDepth::observed && work_.logit_rows.empty() && layer == deepest_ &&
               !work_.observed.empty();
    return !stopped_;
}

std::vector<std::size_t> LayerHook::rows_of(const ggml_tensor* node) const {
    if (node->type != GGML_TYPE_F32 || !ggml_is_contiguous(node)) {
        throw Error(ErrorKind::model, model_ + ": " + node->name + " is not contiguous f32; cannot be read or steered");
    }
    const auto n = static_cast<std::size_t>(node->ne[1]);
    if (n == n_rows_) {
        std::vector<std::size_t> all(n);
        std::iota(all.begin(), all.end(), std::size_t{0});
        return all;
    }
    if (n == work_.logit_rows.size()) return work_.logit_rows;
    throw Error(ErrorKind::model, model_ + ": " + node->name + " has " + std::to_string(n) + " rows, the batch " +
                                      std::to_string(n_rows_));
}

std::span<const SteeringPlan::Step> LayerHook::steps_of(std::size_t row, LayerIndex layer) const {
    const auto& plan = work_.row_steering[row];
    return plan == nullptr ? std::span<const SteeringPlan::Step>{} : plan->steps_at(layer);
}

void LayerHook::steer_rows(ggml_tensor* node, LayerIndex layer, std::span<const std::size_t> rows) const {
    const auto width = static_cast<std::size_t>(node->ne[0]);
    const auto steered = [&](std::size_t row) { return !steps_of(row, layer).empty(); };
    const auto first = std::find_if(rows.begin(), rows.end(), steered);
    if (first == rows.end()) return;
    const auto last = std::find_if(rows.rbegin(), rows.rend(), steered).base();
    const auto begin = static_cast<std::size_t>(first - rows.begin());
    const auto n = static_cast<std::size_t>(last - first);

    if (float* data = host_data(node)) {
        for (std::size_t i = begin; i < begin + n; ++i) steer(steps_of(rows[i], layer), {data + i * width, width});
        return;
    }
    // One journey there and one back for all rows: each may cross a network.
    Matrix copy(n, width);
    const std::size_t place = begin * width * sizeof(float);
    const std::size_t size = n * width * sizeof(float);
    ggml_backend_tensor_get(node, copy.data(), place, size);
    for (std::size_t i = 0; i < n; ++i) steer(steps_of(rows[begin + i], layer), copy.row(i));
    ggml_backend_tensor_set(node, copy.data(), place, size);
}

}  // namespace contrans
