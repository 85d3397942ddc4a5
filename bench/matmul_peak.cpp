#include "bench/matmul_peak.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/alternation.h"
#include "contrans/core/error.h"
#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"
#include "gguf.h"

namespace contrans::bench {
namespace {

using Context = std::unique_ptr<ggml_context, decltype(&ggml_free)>;
using Buffer = std::unique_ptr<ggml_backend_buffer, decltype(&ggml_backend_buffer_free)>;
using Backend = std::unique_ptr<ggml_backend, decltype(&ggml_backend_free)>;

struct Shape {
    std::int64_t in = 0;
    std::int64_t out = 0;
};

Context make_context(std::size_t tensors) {
    const std::size_t bytes = tensors * ggml_tensor_overhead() + ggml_graph_overhead_custom(tensors, false);
    return {ggml_init({.mem_size = bytes, .mem_buffer = nullptr, .no_alloc = true}), &ggml_free};
}

Backend single_threaded_backend() {
    Backend backend(ggml_backend_cpu_init(), &ggml_backend_free);
    ggml_backend_cpu_set_n_threads(backend.get(), 1);
    return backend;
}

bool belongs_to_block_up_to(std::string_view name, LayerIndex deepest) {
    constexpr std::string_view kPrefix = "blk.";
    if (!name.starts_with(kPrefix)) return false;
    std::size_t block = 0;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), block);
    return block <= deepest.value;
}

std::vector<Shape> weight_shapes(const std::filesystem::path& model, LayerIndex deepest) {
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> header(
        gguf_init_from_file(model.c_str(), {.no_alloc = true, .ctx = nullptr}), &gguf_free);
    std::vector<Shape> shapes;
    for (std::int64_t i = 0; header && i < gguf_get_n_tensors(header.get()); ++i) {
        const std::int64_t* ne = gguf_get_tensor_ne(header.get(), i);
        if (ne[1] > 1 && belongs_to_block_up_to(gguf_get_tensor_name(header.get(), i), deepest)) {
            shapes.push_back({ne[0], ne[1]});
        }
    }
    if (shapes.empty()) throw Error(ErrorKind::io, model.string() + ": no blocks with weights");
    return shapes;
}

/// Small values of a pattern that no kernel can skip.
void fill(ggml_tensor* tensor) {
    std::minstd_rand random(1);
    std::vector<float> values(static_cast<std::size_t>(ggml_nelements(tensor)));
    for (float& value : values) value = static_cast<float>(random() % 1024) / 1024.0F - 0.5F;
    if (tensor->type == GGML_TYPE_F32) {
        ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
    } else {
        std::vector<ggml_bf16_t> rounded(values.size());
        ggml_fp32_to_bf16_row(values.data(), rounded.data(), ggml_nelements(tensor));
        ggml_backend_tensor_set(tensor, rounded.data(), 0, ggml_nbytes(tensor));
    }
}

/// One thread's graph: every weight times an input of its width, into one place that stays in the cache.
class Products {
public:
    Products(const std::vector<ggml_tensor*>& weights, std::size_t rows)
        : backend_(single_threaded_backend()),
          inputs_(make_context(weights.size())),
          context_(make_context(2 * weights.size())),
          graph_(ggml_new_graph_custom(context_.get(), 2 * weights.size(), false)) {
        const auto n = static_cast<std::int64_t>(rows);
        std::map<std::int64_t, ggml_tensor*> input_of_width;
        for (ggml_tensor* weight : weights) {
            ggml_tensor*& input = input_of_width[weight->ne[0]];
            if (input == nullptr) input = ggml_new_tensor_2d(inputs_.get(), GGML_TYPE_F32, weight->ne[0], n);
            products_.push_back(ggml_mul_mat(context_.get(), weight, input));
            ggml_build_forward_expand(graph_, products_.back());
        }
        input_buffer_.reset(ggml_backend_alloc_ctx_tensors(inputs_.get(), backend_.get()));
        for (const auto& [width, input] : input_of_width) fill(input);
        place_products();
    }

    void compute() { ggml_backend_graph_compute(backend_.get(), graph_); }

private:
    void place_products() {
        std::size_t largest = 0;
        for (const ggml_tensor* product : products_) largest = std::max(largest, ggml_nbytes(product));
        product_buffer_.reset(ggml_backend_alloc_buffer(backend_.get(), largest));
        for (ggml_tensor* product : products_) {
            ggml_backend_tensor_alloc(product_buffer_.get(), product,
                                      ggml_backend_buffer_get_base(product_buffer_.get()));
        }
    }

    Backend backend_;
    Context inputs_;
    Context context_;
    ggml_cgraph* graph_;
    std::vector<ggml_tensor*> products_;
    Buffer input_buffer_{nullptr, &ggml_backend_buffer_free};
    Buffer product_buffer_{nullptr, &ggml_backend_buffer_free};
};

}  // namespace

struct MatmulPeak::Weights {
    Backend backend = single_threaded_backend();
    Context context{nullptr, &ggml_free};
    Buffer buffer{nullptr, &ggml_backend_buffer_free};
    std::vector<ggml_tensor*> tensors;
};

MatmulPeak::MatmulPeak(const std::filesystem::path& model, LayerIndex deepest, WeightType type, std::size_t rows)
    : weights_(std::make_unique<Weights>()), rows_(rows) {
    const std::vector<Shape> shapes = weight_shapes(model, deepest);
    weights_->context = make_context(shapes.size());
    for (const Shape& shape : shapes) {
        const ggml_type ggml = type == WeightType::bf16 ? GGML_TYPE_BF16 : GGML_TYPE_F32;
        weights_->tensors.push_back(ggml_new_tensor_2d(weights_->context.get(), ggml, shape.in, shape.out));
    }
    weights_->buffer.reset(ggml_backend_alloc_ctx_tensors(weights_->context.get(), weights_->backend.get()));
    for (ggml_tensor* tensor : weights_->tensors) fill(tensor);
}

MatmulPeak::~MatmulPeak() = default;

double MatmulPeak::flop_per_token() const {
    double flop = 0;
    for (const ggml_tensor* weight : weights_->tensors) flop += 2.0 * static_cast<double>(ggml_nelements(weight));
    return flop;
}

double MatmulPeak::flops(std::size_t threads, std::size_t repeats) const {
    std::vector<std::unique_ptr<Products>> products;
    for (std::size_t t = 0; t < threads; ++t) products.push_back(std::make_unique<Products>(weights_->tensors, rows_));
    const auto work = [&](Products& own) {
        for (std::size_t r = 0; r < repeats; ++r) own.compute();
    };
    const double seconds = seconds_of([&] {
        std::vector<std::jthread> others;
        for (std::size_t t = 1; t < threads; ++t) others.emplace_back([&, t] { work(*products[t]); });
        work(*products[0]);
    });
    return flop_per_token() * static_cast<double>(rows_ * threads * repeats) / seconds;
}

}  // namespace contrans::bench
