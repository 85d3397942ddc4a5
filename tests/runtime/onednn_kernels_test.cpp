#include "contrans/runtime/onednn_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "contrans/runtime/bf16_product.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"

namespace contrans {
namespace {

/// One product as ggml's CPU backend computes it: F32 inputs [rows, depth] by weights [columns, depth] of a type.
class GgmlProduct {
public:
    GgmlProduct(ggml_type weight_type, std::int64_t rows, std::int64_t columns, std::int64_t depth)
        : context_(ggml_init({.mem_size = 1 << 20, .mem_buffer = nullptr, .no_alloc = true}), &ggml_free),
          backend_(ggml_backend_cpu_init(), &ggml_backend_free),
          weights_(ggml_new_tensor_2d(context_.get(), weight_type, depth, columns)),
          inputs_(ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, depth, rows)),
          product_(ggml_mul_mat(context_.get(), weights_, inputs_)),
          graph_(ggml_new_graph(context_.get())) {
        ggml_build_forward_expand(graph_, product_);
        buffer_.reset(ggml_backend_alloc_ctx_tensors(context_.get(), backend_.get()));
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        std::vector<float> weights(static_cast<std::size_t>(columns * depth));
        for (float& weight : weights) weight = normal(random);
        input_values_.resize(static_cast<std::size_t>(rows * depth));
        for (float& value : input_values_) value = normal(random);
        std::vector<std::byte> stored(ggml_nbytes(weights_));
        if (weight_type == GGML_TYPE_F32) {
            std::memcpy(stored.data(), weights.data(), stored.size());
        } else {
            ggml_fp32_to_bf16_row(weights.data(), reinterpret_cast<ggml_bf16_t*>(stored.data()), columns * depth);
        }
        ggml_backend_tensor_set(weights_, stored.data(), 0, stored.size());
        ggml_backend_tensor_set(inputs_, input_values_.data(), 0, ggml_nbytes(inputs_));
    }

    [[nodiscard]] std::vector<float> compute(int threads) {
        ggml_backend_cpu_set_n_threads(backend_.get(), threads);
        EXPECT_EQ(ggml_backend_graph_compute(backend_.get(), graph_), GGML_STATUS_SUCCESS);
        std::vector<float> values(static_cast<std::size_t>(ggml_nelements(product_)));
        ggml_backend_tensor_get(product_, values.data(), 0, ggml_nbytes(product_));
        return values;
    }

    /// The same by our own call.
    [[nodiscard]] std::vector<float> by_multiply_bf16() const {
        std::vector<ggml_bf16_t> rounded(input_values_.size());
        ggml_cpu_fp32_to_bf16(input_values_.data(), rounded.data(), static_cast<std::int64_t>(rounded.size()));
        std::vector<float> values(static_cast<std::size_t>(ggml_nelements(product_)));
        const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
        multiply_bf16({size(product_->ne[1]), size(product_->ne[0]), size(inputs_->ne[0]), size(product_->ne[0]),
                       reinterpret_cast<const std::uint16_t*>(rounded.data()),
                       static_cast<const std::uint16_t*>(weights_->data), values.data()});
        return values;
    }

private:
    std::unique_ptr<ggml_context, decltype(&ggml_free)> context_;
    std::unique_ptr<ggml_backend, decltype(&ggml_backend_free)> backend_;
    std::unique_ptr<ggml_backend_buffer, decltype(&ggml_backend_buffer_free)> buffer_{nullptr,
                                                                                      &ggml_backend_buffer_free};
    ggml_tensor* weights_;
    ggml_tensor* inputs_;
    ggml_tensor* product_;
    ggml_cgraph* graph_;
    std::vector<float> input_values_;
};

class OnednnKernels : public ::testing::Test {
protected:
    void SetUp() override {
        if (!multiplies_bf16_natively()) GTEST_SKIP() << "this machine has no AVX512_BF16";
        use_onednn_kernels();
    }
    void TearDown() override { set_onednn_kernels(true); }
};

TEST_F(OnednnKernels, TakeOverProductsWithBf16Weights) {
    for (const std::int64_t rows : {32, 71, 200}) {
        GgmlProduct product(GGML_TYPE_BF16, rows, 70, 96);
        const std::vector<float> ours = product.compute(1);
        EXPECT_EQ(ours, product.by_multiply_bf16()) << rows << " rows";
        set_onednn_kernels(false);
        const std::vector<float> ggml = product.compute(1);
        set_onednn_kernels(true);
        EXPECT_NE(ours, ggml) << rows << " rows: was it ours at all?";
        for (std::size_t i = 0; i < ours.size(); ++i) ASSERT_NEAR(ours[i], ggml[i], 1e-4) << i;
    }
}

TEST_F(OnednnKernels, GiveTheSameBitsOnSomeThreads) {
    for (const std::int64_t rows : {33, 127, 128, 300}) {
        GgmlProduct product(GGML_TYPE_BF16, rows, 70, 96);
        const std::vector<float> one = product.compute(1);
        for (const int threads : {2, 3}) EXPECT_EQ(product.compute(threads), one) << rows << " rows, " << threads;
    }
}

TEST_F(OnednnKernels, LeaveThreadsIdleThatHaveNoShare) {
    GgmlProduct product(GGML_TYPE_BF16, 40, 70, 96);
    const std::vector<float> one = product.compute(1);
    const std::vector<float> many = product.compute(80);
    for (std::size_t i = 0; i < one.size(); ++i) ASSERT_NEAR(many[i], one[i], 1e-4) << i;
}

TEST_F(OnednnKernels, LeaveFewRowsAndOtherTypesToGgml) {
    for (const auto& [type, rows] : {std::pair{GGML_TYPE_BF16, 31}, std::pair{GGML_TYPE_F32, 40}}) {
        GgmlProduct product(type, rows, 70, 96);
        const std::vector<float> with = product.compute(1);
        set_onednn_kernels(false);
        EXPECT_EQ(with, product.compute(1));
        set_onednn_kernels(true);
    }
}

}  // namespace
}  // namespace contrans
