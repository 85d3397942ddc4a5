#include "contrans/runtime/model.h"

#include <mutex>
#include <string_view>
#include <utility>

#include "contrans/core/error.h"
#include "contrans/core/ggml_log.h"
#include "contrans/runtime/fingerprint.h"
#include "contrans/runtime/onednn_kernels.h"
#include "contrans/runtime/weight_expansion.h"
#include "ggml-backend.h"
#include "llama.h"

namespace contrans {
namespace {

constexpr int kAllLayers = -1;  // llama.cpp's

void start_backend_once() {
    static std::once_flag started;
    std::call_once(started, [] {
        // Before the backends start: CUDA's says at once what it found.
        llama_log_set([](ggml_log_level level, const char* text, void*) { log_from_ggml(level, text); }, nullptr);
        llama_backend_init();
        use_onednn_kernels();
    });
}

/// Whether a GPU of this machine is there and this llama.cpp has a backend for it.
bool has_gpu() {
    for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        const ggml_backend_dev_t device = ggml_backend_dev_get(i);
        const auto type = ggml_backend_dev_type(device);
        const bool gpu = type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU;
        if (gpu && std::string_view(ggml_backend_reg_name(ggml_backend_dev_backend_reg(device))) != "RPC") return true;
    }
    return false;
}

std::vector<RpcAddress> addresses_of(const ModelOptions& options) {
    std::vector<RpcAddress> addresses;
    for (const std::string& server : options.rpc_servers) addresses.push_back(parse_rpc_address(server));
    return addresses;
}

void require_decoder(const llama_model* model, const std::filesystem::path& file) {
    if (!llama_model_has_decoder(model) || llama_model_has_encoder(model)) {
        throw Error(ErrorKind::model, file.string() + ": only decoder language models can be read and steered");
    }
    if (llama_model_is_recurrent(model) || llama_model_is_hybrid(model)) {
        throw Error(ErrorKind::model,
                    file.string() + ": recurrent models cannot share prefixes, so they are not supported");
    }
}

}  // namespace

Model::~Model() = default;

void Model::Deleter::operator()(llama_model* model) const noexcept { llama_model_free(model); }

Model::Model(RpcServers servers, Handle handle, ModelIdentity identity, std::filesystem::path file, WeightMode weights,
             bool offloaded)
    : servers_(std::move(servers)),
      handle_(std::move(handle)),
      identity_(std::move(identity)),
      file_(std::move(file)),
      tokenizer_(handle_.get()),
      weights_(weights),
      offloaded_(offloaded) {}

std::shared_ptr<const Model> Model::load(const std::filesystem::path& file, const ModelOptions& options) {
    start_backend_once();
    const std::vector<RpcAddress> addresses = addresses_of(options);
    ModelIdentity identity = read_model_identity(file);
    if (addresses.empty() && options.gpu_layers.value_or(0) != 0 && !has_gpu()) {
        throw Error(ErrorKind::model, file.string() +
                                          ": layers are to go to a GPU, and none is usable: llama.cpp was built "
                                          "without a backend for it, or that found no device; build with "
                                          "CONTRANS_LLAMA_VARIANT=cuda (docs/gpu.md), or leave --gpu-layers away");
    }
    const std::filesystem::path weights =
        options.weights == WeightMode::expand_slow && addresses.empty() ? expanded_weights(file, identity) : file;
    RpcServers servers(addresses);
    std::vector<ggml_backend_dev_t> devices = servers.devices();
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = options.gpu_layers.value_or(servers.empty() ? 0 : kAllLayers);
    // Null means every GPU that llama.cpp finds. With layers on none of them the list, empty without servers, is given
    // all the same: llama.cpp would otherwise still compute large products on a GPU.
    const bool on_gpus = servers.empty() && params.n_gpu_layers != 0;
    params.devices = on_gpus ? nullptr : devices.data();
    const GgmlErrorCapture errors;
    Handle handle(llama_model_load_from_file(weights.c_str(), params));
    if (!handle) {
        throw Error(ErrorKind::model, file.string() + ": llama.cpp cannot load this model (architecture \"" +
                                          identity.architecture + "\"): " + errors.first_error());
    }
    require_decoder(handle.get(), file);
    return std::shared_ptr<const Model>(new Model(std::move(servers), std::move(handle), std::move(identity), file,
                                                  weights == file ? WeightMode::keep : WeightMode::expand_slow,
                                                  params.n_gpu_layers != 0));
}

std::string to_string(WeightMode loaded) {
    return loaded == WeightMode::expand_slow ? "slow quants as BF16" : "weights as in the file";
}

std::size_t Model::trained_context() const { return static_cast<std::size_t>(llama_model_n_ctx_train(handle_.get())); }

}  // namespace contrans
