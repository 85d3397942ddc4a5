#include "tests/runtime/raw_context.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"

namespace contrans::testing {
namespace {

void require(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(std::string("raw llama.cpp: ") + what);
}

}  // namespace

void RawContext::Free::operator()(llama_context* context) const noexcept { llama_free(context); }

RawContext::RawContext(const Model& model, std::size_t tokens, Cache cache) : model_(model), tokens_(tokens) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = static_cast<uint32_t>(tokens);
    params.n_threads = params.n_threads_batch = 1;
    if (cache == Cache::f32) {
        params.type_k = params.type_v = GGML_TYPE_F32;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;  // rounds values to f16 on its way
    }
    params.cb_eval = &RawContext::on_node;
    params.cb_eval_user_data = this;
    context_.reset(llama_init_from_model(model.handle(), params));
    require(context_ != nullptr, "no context");
}

RawContext::~RawContext() = default;

bool RawContext::on_node(ggml_tensor* node, bool ask, void* self) {
    const std::string name = node->name;
    if (!name.starts_with("l_out-")) return !ask;
    if (ask) return true;
    Matrix& states = static_cast<RawContext*>(self)->reading_.states.at(std::stoul(name.substr(6)));
    ggml_backend_tensor_get(node, states.data(), 0, states.rows() * states.cols() * sizeof(float));
    return true;
}

RawContext::Reading RawContext::read(std::span<const Token> tokens) {
    require(!tokens.empty() && tokens.size() <= tokens_, "the text does not fit");
    llama_memory_clear(llama_get_memory(context_.get()), true);
    reading_ = {Matrix(tokens.size(), model_.vocabulary_size()), {}};
    reading_.states.assign(model_.n_layers(), Matrix(tokens.size(), model_.d_model()));
    llama_batch batch = llama_batch_init(static_cast<int32_t>(tokens.size()), 0, 1);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        batch.token[i] = tokens[i];
        batch.pos[i] = static_cast<llama_pos>(i);
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = 1;
    }
    batch.n_tokens = static_cast<int32_t>(tokens.size());
    const int status = llama_decode(context_.get(), batch);
    llama_batch_free(batch);
    require(status == 0, "decode failed");
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const float* logits = llama_get_logits_ith(context_.get(), static_cast<int32_t>(i));
        std::copy_n(logits, model_.vocabulary_size(), reading_.logits.row(i).begin());
    }
    return std::move(reading_);
}

void RawContext::steer(LayerIndex layer, std::span<const float> offset) {
    require(layer.value >= 1, "a control vector has no block 0");
    std::vector<float> data((model_.n_layers() - 1) * model_.d_model(), 0.0F);
    std::copy(offset.begin(), offset.end(),
              data.begin() + static_cast<std::ptrdiff_t>((layer.value - 1) * model_.d_model()));
    steer_raw(data);
}

void RawContext::steer_raw(std::span<const float> data) {
    const int status =
        llama_set_adapter_cvec(context_.get(), data.data(), data.size(), static_cast<int32_t>(model_.d_model()), 1,
                               static_cast<int32_t>(model_.n_layers()));
    require(status == 0, "the control vector was refused");
}

Token likeliest(std::span<const float> logits) {
    return static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace contrans::testing
