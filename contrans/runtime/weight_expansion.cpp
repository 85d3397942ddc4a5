#include "contrans/runtime/weight_expansion.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "contrans/runtime/cache_folder.h"
#include "gguf.h"
#include "llama.h"

namespace contrans {
namespace {

constexpr std::uint64_t kLargestExpansion = std::uint64_t{4} << 30;

bool slow_in_prefill(ggml_type type) {
    switch (type) {
        case GGML_TYPE_F32:
        case GGML_TYPE_F16:
        case GGML_TYPE_BF16:
        case GGML_TYPE_Q8_0:
        case GGML_TYPE_Q4_0:
            return false;
        default:
            return true;
    }
}

bool worth_expanding(const std::filesystem::path& file) {
    if (ggml_cpu_has_avx512_bf16() == 0) return false;
    const std::unique_ptr<gguf_context, decltype(&gguf_free)> header(
        gguf_init_from_file(file.c_str(), {.no_alloc = true, .ctx = nullptr}), &gguf_free);
    if (!header) return false;
    std::uint64_t elements = 0;
    bool slow = false;
    for (std::int64_t i = 0; i < gguf_get_n_tensors(header.get()); ++i) {
        const std::int64_t* shape = gguf_get_tensor_ne(header.get(), i);
        elements += static_cast<std::uint64_t>(shape[0] * shape[1] * shape[2] * shape[3]);
        slow = slow || slow_in_prefill(gguf_get_tensor_type(header.get(), i));
    }
    return slow && 2 * elements <= kLargestExpansion;
}

}  // namespace

std::filesystem::path expanded_weights(const std::filesystem::path& file, const ModelIdentity& identity) {
    const std::filesystem::path folder = cache_folder() / "expanded";
    const std::filesystem::path copy = folder / (identity.fingerprint + ".bf16.gguf");
    std::error_code error;
    if (std::filesystem::exists(copy, error)) return copy;
    if (!worth_expanding(file)) return file;
    std::filesystem::create_directories(folder, error);
    if (error) return file;

    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = LLAMA_FTYPE_MOSTLY_BF16;
    params.allow_requantize = true;
    const std::filesystem::path partial = copy.string() + ".partial-" + std::to_string(getpid());
    const bool written = llama_model_quantize(file.c_str(), partial.c_str(), &params) == 0;
    if (written) std::filesystem::rename(partial, copy, error);
    if (!written || error) {
        std::filesystem::remove(partial, error);
        return file;
    }
    return copy;
}

}  // namespace contrans
