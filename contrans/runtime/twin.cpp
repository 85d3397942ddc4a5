#include "contrans/runtime/twin.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "contrans/core/atomic_file.h"
#include "contrans/core/error.h"
#include "contrans/core/utf8.h"
#include "contrans/linalg/random_rotation.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/runtime/turned_weights.h"
#include "contrans/runtime/twin_plan.h"
#include "contrans/runtime/weight_reader.h"
#include "ggml.h"
#include "gguf.h"

namespace contrans {
namespace {

using Header = std::unique_ptr<gguf_context, FreeGguf>;

// Any odd number of many digits: the noise must not begin with the rotation's draws.
constexpr std::uint64_t kNoiseSeed = 0x9E3779B97F4A7C15;

void require_llama(const std::filesystem::path& file, const ModelIdentity& model) {
    if (model.architecture == "llama") return;
    throw Error(ErrorKind::model, file.string() + ": a twin can be made of architecture \"llama\" alone, this is " +
                                      in_quotes(model.architecture));
}

void require_one_file(const ArtefactReader& header) {
    if (!header.has("split.count") || header.get_u64("split.count") <= 1) return;
    throw Error(ErrorKind::model, header.path().string() + ": one of " + std::to_string(header.get_u64("split.count")) +
                                      " files of a model; join them first (llama-gguf-split --merge)");
}

std::size_t checked_width(const TwinOptions& options, std::size_t d) {
    const std::size_t width = options.width == 0 ? d : options.width;
    if (width == d || (width > d && width % kTwinWidthStep == 0)) return width;
    throw Error(ErrorKind::argument, "twin: a width must be the model's " + std::to_string(d) +
                                         ", or more and a multiple of " + std::to_string(kTwinWidthStep) +
                                         " (llama.cpp's kernels), got " + std::to_string(width));
}

void require_noise(double noise) {
    if (std::isfinite(noise) && noise >= 0) return;
    throw Error(ErrorKind::argument, "twin: noise must be finite and not negative, got " + std::to_string(noise));
}

void set_u32(gguf_context* header, const std::string& key, std::uint64_t value) {
    gguf_set_val_u32(header, ("llama." + key).c_str(), static_cast<std::uint32_t>(value));
}

std::uint64_t default_head_size(const ArtefactReader& model, std::size_t d) {
    const std::uint64_t heads = model.get_u64("llama.attention.head_count");
    if (heads == 0) model.reject("key \"llama.attention.head_count\"", "must be at least 1", "0");
    return d / heads;
}

/// llama.cpp's own defaults follow from a width that the twin need not have.
void keep_head_sizes(const ArtefactReader& model, gguf_context* header, std::size_t d) {
    for (const char* key : {"attention.key_length", "attention.value_length", "rope.dimension_count"}) {
        if (!model.has(std::string("llama.") + key)) set_u32(header, key, default_head_size(model, d));
    }
}

void set_provenance(gguf_context* header, const ModelIdentity& model, const TwinOptions& options) {
    gguf_set_val_str(header, "general.name", (model.name.empty() ? "twin" : model.name + " twin").c_str());
    gguf_set_val_u32(header, "general.file_type", 0);  // all F32
    gguf_set_val_str(header, "contrans.twin.of", model.fingerprint.c_str());
    gguf_set_val_u64(header, "contrans.twin.seed", options.seed);
    gguf_set_val_f64(header, "contrans.twin.noise", options.noise);
}

/// gguf.h aborts on a key without a name when it is copied.
void require_named_keys(const WeightReader& weights) {
    for (std::int64_t i = 0; i < gguf_get_n_kv(weights.handle()); ++i) {
        if (*gguf_get_key(weights.handle(), i) == '\0')
            weights.header().reject("key " + std::to_string(i), "must have a name");
    }
}

/// The model's keys, made to fit the twin.
Header twin_keys(const WeightReader& weights, const ModelIdentity& model, std::size_t width,
                 const TwinOptions& options) {
    constexpr const char* kEpsilon = "llama.attention.layer_norm_rms_epsilon";
    const double share = static_cast<double>(model.d_model) / static_cast<double>(width);
    const double epsilon = weights.header().get_f64(kEpsilon);
    require_named_keys(weights);
    Header header(gguf_init_empty());
    gguf_set_kv(header.get(), weights.handle());
    gguf_remove_key(header.get(), GGUF_KEY_GENERAL_ALIGNMENT);
    set_u32(header.get(), "embedding_length", width);
    gguf_set_val_f32(header.get(), kEpsilon, static_cast<float>(epsilon * share));
    keep_head_sizes(weights.header(), header.get(), model.d_model);
    set_provenance(header.get(), model, options);
    return header;
}

void add_tensor(gguf_context* header, const std::string& name, TensorShape shape) {
    ggml_tensor tensor{};
    tensor.type = GGML_TYPE_F32;
    const std::size_t sizes[GGML_MAX_DIMS] = {shape.cols, shape.rows, 1, 1};
    std::size_t bytes = sizeof(float);
    for (std::size_t i = 0; i < GGML_MAX_DIMS; ++i) {
        tensor.ne[i] = static_cast<std::int64_t>(sizes[i]);
        tensor.nb[i] = bytes;
        bytes *= sizes[i];
    }
    ggml_set_name(&tensor, name.c_str());
    gguf_add_tensor(header, &tensor);
}

void write_header(AtomicFile& file, const gguf_context* header) {
    std::vector<std::byte> bytes(gguf_get_meta_size(header));
    gguf_get_meta_data(header, bytes.data());
    file.write(bytes);
}

void write_tensor(AtomicFile& file, TurnedWeights& turned, const TwinTensor& tensor) {
    std::size_t written = 0;
    turned.make(tensor, [&](MatrixView rows) {
        const auto bytes = std::as_bytes(std::span(rows.data, rows.rows * rows.cols));
        file.write(bytes);
        written += bytes.size();
    });
    static constexpr std::byte zeros[GGUF_DEFAULT_ALIGNMENT] = {};
    file.write(
        std::span(zeros).first((GGUF_DEFAULT_ALIGNMENT - written % GGUF_DEFAULT_ALIGNMENT) % GGUF_DEFAULT_ALIGNMENT));
}

/// The whole file: `header`, to which the tensors are added, and their values.
void write_file(const std::filesystem::path& out, gguf_context* header, std::span<const TwinTensor> plan,
                TurnedWeights& turned, const RunContext& context) {
    for (const TwinTensor& tensor : plan) add_tensor(header, tensor.name, turned.shape(tensor));
    AtomicFile file(out);
    write_header(file, header);
    for (std::size_t i = 0; i < plan.size(); ++i) {
        context.advance(i);
        write_tensor(file, turned, plan[i]);
    }
    context.advance(plan.size());
    file.commit();
}

}  // namespace

MatrixF64 twin_rotation(std::size_t d, std::size_t width, std::uint64_t seed) {
    RandomEngine engine(seed);
    return random_rotation(d, width, engine);
}

ModelIdentity write_twin(const std::filesystem::path& model, const std::filesystem::path& out,
                         const TwinOptions& options, const RunContext& context) {
    require_noise(options.noise);
    const ModelIdentity identity = read_model_identity(model);
    require_llama(model, identity);
    const std::size_t width = checked_width(options, identity.d_model);
    WeightReader weights(model);
    require_one_file(weights.header());
    const std::vector<TwinTensor> plan = plan_twin(weights, identity.d_model);
    const Header header = twin_keys(weights, identity, width, options);

    context.begin("turn " + identity.name, "tensors", plan.size());
    const MatrixF64 rotation = twin_rotation(identity.d_model, width, options.seed);
    TurnedWeights turned(weights, rotation, options.noise, options.seed ^ kNoiseSeed);
    write_file(out, header.get(), plan, turned, context);
    context.end();
    return read_model_identity(out);
}

}  // namespace contrans
