#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contrans/core/model_identity.h"
#include "contrans/runtime/rpc_servers.h"
#include "contrans/runtime/tokenizer.h"

struct llama_model;

namespace contrans {

/// Whether quantised weights that this CPU multiplies slowly are expanded to BF16 (a copy in the cache, made once).
enum class WeightMode { keep, expand_slow };

struct ModelOptions {
    /// Blocks offloaded to the servers of `rpc_servers`, or to a GPU where there are none; without a value: all to
    /// servers, none to a GPU.
    std::optional<int> gpu_layers = std::nullopt;
    /// See weight_expansion.h; what servers compute is never expanded, for it is not this CPU that is slow at it.
    WeightMode weights = WeightMode::keep;
    /// HOST:PORT of ggml-rpc-servers (docs/rpc.md); empty: none.
    std::vector<std::string> rpc_servers = {};
};

/// The weights and the tokenizer of one GGUF file.
///
/// Construction reads and checks the file; destruction frees it when the last Engine that shares it is gone.
/// Immutable: one Model may serve many Engines in many threads.
class Model {
public:
    /// Throws Error{io} when the file cannot be opened, Error{format} when it is no GGUF or is cut off, Error{model}
    /// when llama.cpp does not know its architecture or it is no decoder, and what parse_rpc_address and RpcServers
    /// throw.
    [[nodiscard]] static std::shared_ptr<const Model> load(const std::filesystem::path& file,
                                                           const ModelOptions& options = {});
    ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    [[nodiscard]] const ModelIdentity& identity() const { return identity_; }
    [[nodiscard]] const Tokenizer& tokenizer() const { return tokenizer_; }
    [[nodiscard]] std::size_t d_model() const { return identity_.d_model; }
    [[nodiscard]] std::size_t n_layers() const { return identity_.n_layers; }
    [[nodiscard]] std::size_t vocabulary_size() const { return tokenizer_.vocabulary_size(); }
    /// Tokens of context the model was trained with.
    [[nodiscard]] std::size_t trained_context() const;
    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    /// What was loaded: `expand_slow` where the weights are the BF16 expansion, `keep` where they are the file's own,
    /// because that was asked for or because this machine cannot or need not expand them.
    [[nodiscard]] WeightMode weights() const { return weights_; }
    /// Whether some of it lies on another device than the CPU.
    [[nodiscard]] bool offloaded() const { return offloaded_; }
    /// llama.cpp's handle, for runtime/ alone.
    [[nodiscard]] llama_model* handle() const { return handle_.get(); }

private:
    struct Deleter {
        void operator()(llama_model* model) const noexcept;
    };
    using Handle = std::unique_ptr<llama_model, Deleter>;
    Model(RpcServers servers, Handle handle, ModelIdentity identity, std::filesystem::path file, WeightMode weights,
          bool offloaded);

    RpcServers servers_;  // outlive the weights that lie there
    Handle handle_;
    ModelIdentity identity_;
    std::filesystem::path file_;
    Tokenizer tokenizer_;
    WeightMode weights_;
    bool offloaded_;
};

/// "slow quants as BF16" or "weights as in the file": states of the two differ by some 2%.
[[nodiscard]] std::string to_string(WeightMode loaded);

}  // namespace contrans
