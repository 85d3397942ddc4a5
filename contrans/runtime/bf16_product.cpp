#include "contrans/runtime/bf16_product.h"

#include <omp.h>

#include <cstddef>
#include <dnnl.hpp>
#include <vector>

namespace contrans {
namespace {

/// Most shapes that oneDNN keeps the code of, some 100 kB each; to generate it again takes less than a millisecond.
constexpr int kKeptShapes = 256;

/// oneDNN shares its work among OpenMP's threads; ours come from elsewhere.
class OneOpenMpThread {
public:
    OneOpenMpThread() : before_(omp_get_max_threads()) {
        if (before_ != 1) omp_set_num_threads(1);
    }
    ~OneOpenMpThread() {
        if (before_ != 1) omp_set_num_threads(before_);
    }
    OneOpenMpThread(const OneOpenMpThread&) = delete;
    OneOpenMpThread& operator=(const OneOpenMpThread&) = delete;

private:
    int before_;
};

dnnl::engine make_cpu() {
    dnnl::set_primitive_cache_capacity(kKeptShapes);
    return {dnnl::engine::kind::cpu, 0};
}

const dnnl::engine& cpu() {
    static const dnnl::engine engine = make_cpu();
    return engine;
}

/// The kernel of a product's shape, out of oneDNN's own cache (a few microseconds) where it has been used before.
dnnl::matmul::primitive_desc kernel_for(const Bf16Product& shape) {
    using dnnl::memory;
    const auto size = [](std::size_t n) { return static_cast<memory::dim>(n); };
    const memory::dim rows = size(shape.rows);
    const memory::dim columns = size(shape.columns);
    const memory::dim depth = size(shape.depth);
    const memory::desc inputs({rows, depth}, memory::data_type::bf16, memory::dims{depth, 1});
    const memory::desc weights({depth, columns}, memory::data_type::bf16, memory::dims{1, depth});
    const memory::desc product({rows, columns}, memory::data_type::f32, memory::dims{size(shape.row_stride), 1});
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return {dnnl::matmul::desc(inputs, weights, product), attributes, cpu()};
}

}  // namespace

void multiply_bf16(const Bf16Product& product) {
    thread_local dnnl::stream stream(cpu());
    thread_local std::vector<std::byte> scratch;
    const OneOpenMpThread alone;
    const dnnl::matmul::primitive_desc kernel = kernel_for(product);
    if (scratch.size() < kernel.scratchpad_desc().get_size()) scratch.resize(kernel.scratchpad_desc().get_size());
    // oneDNN takes every operand as one that it might write to.
    const auto operand = [](const dnnl::memory::desc& shape, const void* data) {
        return dnnl::memory(shape, cpu(), const_cast<void*>(data));
    };
    dnnl::matmul(kernel).execute(stream, {{DNNL_ARG_SRC, operand(kernel.src_desc(), product.inputs)},
                                          {DNNL_ARG_WEIGHTS, operand(kernel.weights_desc(), product.weights)},
                                          {DNNL_ARG_DST, operand(kernel.dst_desc(), product.product)},
                                          {DNNL_ARG_SCRATCHPAD, operand(kernel.scratchpad_desc(), scratch.data())}});
    stream.wait();
}

bool multiplies_bf16_natively() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_bf16; }

}  // namespace contrans
