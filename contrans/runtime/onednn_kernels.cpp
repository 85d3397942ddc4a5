#include "contrans/runtime/onednn_kernels.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "contrans/runtime/bf16_product.h"
#include "ggml-cpu.h"
#include "traits.h"

namespace contrans {
namespace {

/// With fewer rows ggml's own are faster: oneDNN first copies the weights into the order that its kernels read.
constexpr std::int64_t kLeastRows = 32;
/// From this many rows on a thread takes rows for its share, below it takes columns.
constexpr std::int64_t kRowsWorthSharing = 64;

std::atomic<bool> in_use = true;

/// The part of a product that one thread computes.
struct Share {
    std::int64_t first_row = 0;
    std::int64_t rows = 0;
    std::int64_t first_column = 0;
    std::int64_t columns = 0;
};

bool shares_rows(std::int64_t rows, int threads) { return rows >= kRowsWorthSharing * threads; }

Share share_of(const ggml_tensor* product, int thread, int threads) {
    const std::int64_t rows = product->ne[1];
    const std::int64_t columns = product->ne[0];
    const auto begin = [&](std::int64_t all, int part) { return all * part / threads; };
    if (shares_rows(rows, threads)) {
        return {begin(rows, thread), begin(rows, thread + 1) - begin(rows, thread), 0, columns};
    }
    return {0, rows, begin(columns, thread), begin(columns, thread + 1) - begin(columns, thread)};
}

bool is_matrix_in_rows(const ggml_tensor* tensor) {
    return tensor->ne[2] == 1 && tensor->ne[3] == 1 && ggml_is_contiguous(tensor);
}

bool is_ours(const ggml_tensor* node) {
    return node->op == GGML_OP_MUL_MAT && node->ne[1] >= kLeastRows && node->src[0]->type == GGML_TYPE_BF16 &&
           node->src[1]->type == GGML_TYPE_F32 && node->type == GGML_TYPE_F32 && is_matrix_in_rows(node->src[0]) &&
           is_matrix_in_rows(node->src[1]) && is_matrix_in_rows(node) && in_use;
}

/// Every thread rounds the rows that it multiplies to a place of its own, so none waits for another.
class Products : public ggml::cpu::tensor_traits {
public:
    bool work_size(int threads, const ggml_tensor* node, size_t& bytes) override {
        const ggml_tensor* inputs = node->src[1];
        const auto once = static_cast<std::size_t>(ggml_nelements(inputs)) * sizeof(ggml_bf16_t);
        bytes = shares_rows(inputs->ne[1], threads) ? once : once * static_cast<std::size_t>(threads);
        return true;
    }

    bool compute_forward(ggml_compute_params* params, ggml_tensor* node) override {
        const ggml_tensor* weights = node->src[0];
        const ggml_tensor* inputs = node->src[1];
        const std::int64_t depth = inputs->ne[0];
        const Share share = share_of(node, params->ith, params->nth);
        if (share.rows == 0 || share.columns == 0) return true;
        const std::int64_t place =
            shares_rows(inputs->ne[1], params->nth) ? share.first_row : inputs->ne[1] * params->ith;
        auto* rounded = static_cast<ggml_bf16_t*>(params->wdata) + place * depth;
        ggml_cpu_fp32_to_bf16(static_cast<const float*>(inputs->data) + share.first_row * depth, rounded,
                              share.rows * depth);
        const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
        multiply_bf16(
            {.rows = size(share.rows),
             .columns = size(share.columns),
             .depth = size(depth),
             .row_stride = size(node->ne[0]),
             .inputs = reinterpret_cast<const std::uint16_t*>(rounded),
             .weights = static_cast<const std::uint16_t*>(weights->data) + share.first_column * depth,
             .product = static_cast<float*>(node->data) + share.first_row * node->ne[0] + share.first_column});
        return true;
    }
};

/// What ggml asks for each node. As a type of buffer it holds nothing: weights stay where they are.
class Kernels : public ggml::cpu::extra_buffer_type {
public:
    bool supports_op(ggml_backend_dev_t, const ggml_tensor*) override { return false; }
    ggml::cpu::tensor_traits* get_tensor_traits(const ggml_tensor* node) override {
        return is_ours(node) ? &products_ : nullptr;
    }

private:
    Products products_;
};

void add_to_cpu_backend() {
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    static Kernels kernels;
    static ggml_backend_buffer_type type{.iface = {}, .device = device, .context = &kernels};
    // llama.cpp would offer weights to every type on this list, which is made when it is first asked for.
    if (void* list = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device),
                                                       "ggml_backend_dev_get_extra_bufts")) {
        reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(list)(device);
    }
    ggml_backend_cpu_get_extra_buffer_types().push_back(&type);
}

}  // namespace

void use_onednn_kernels() {
    static std::once_flag added;
    if (multiplies_bf16_natively()) std::call_once(added, add_to_cpu_backend);
}

void set_onednn_kernels(bool on) { in_use = on; }

}  // namespace contrans
