#include "contrans/runtime/twin_plan.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "contrans/core/error.h"
#include "contrans/core/utf8.h"

namespace contrans {
namespace {

struct Rule {
    std::string_view name;  // of a block's tensor: behind "blk.N."
    StreamRole role;
    std::string_view gain;
};

constexpr std::string_view kHead = "output.weight";
constexpr std::string_view kEmbeddings = "token_embd.weight";

constexpr std::array kModelRules = {
    Rule{kEmbeddings, StreamRole::reads, ""},
    Rule{"output_norm.weight", StreamRole::gain, ""},
    Rule{kHead, StreamRole::reads, "output_norm.weight"},
    Rule{"rope_freqs.weight", StreamRole::apart, ""},
    Rule{"rope_factors_long.weight", StreamRole::apart, ""},
    Rule{"rope_factors_short.weight", StreamRole::apart, ""},
};

constexpr std::array kBlockRules = {
    Rule{"attn_norm.weight", StreamRole::gain, ""},
    Rule{"attn_q.weight", StreamRole::reads, "attn_norm.weight"},
    Rule{"attn_k.weight", StreamRole::reads, "attn_norm.weight"},
    Rule{"attn_v.weight", StreamRole::reads, "attn_norm.weight"},
    Rule{"attn_qkv.weight", StreamRole::reads, "attn_norm.weight"},
    Rule{"attn_q.bias", StreamRole::apart, ""},
    Rule{"attn_k.bias", StreamRole::apart, ""},
    Rule{"attn_v.bias", StreamRole::apart, ""},
    Rule{"attn_qkv.bias", StreamRole::apart, ""},
    Rule{"attn_output.weight", StreamRole::writes, ""},
    Rule{"attn_output.bias", StreamRole::reads, ""},
    Rule{"ffn_norm.weight", StreamRole::gain, ""},
    Rule{"ffn_gate.weight", StreamRole::reads, "ffn_norm.weight"},
    Rule{"ffn_up.weight", StreamRole::reads, "ffn_norm.weight"},
    Rule{"ffn_gate.bias", StreamRole::apart, ""},
    Rule{"ffn_up.bias", StreamRole::apart, ""},
    Rule{"ffn_down.weight", StreamRole::writes, ""},
    Rule{"ffn_down.bias", StreamRole::reads, ""},
    Rule{"rope_freqs.weight", StreamRole::apart, ""},
};

/// "blk.12." of a block's tensor, "" of the others.
std::string_view block_of(std::string_view name) {
    if (!name.starts_with("blk.")) return "";
    const std::size_t end = name.find('.', 4);
    const bool numbered = end != std::string_view::npos && end > 4 &&
                          std::ranges::all_of(name.substr(4, end - 4), [](unsigned char c) { return std::isdigit(c); });
    return numbered ? name.substr(0, end + 1) : "";
}

template <std::size_t N>
const Rule* find_rule(const std::array<Rule, N>& rules, std::string_view name) {
    const auto rule = std::ranges::find(rules, name, &Rule::name);
    return rule == rules.end() ? nullptr : &*rule;
}

TwinTensor planned(const WeightReader& weights, const std::string& name) {
    const std::string block(block_of(name));
    const Rule* rule = block.empty() ? find_rule(kModelRules, name)
                                     : find_rule(kBlockRules, std::string_view(name).substr(block.size()));
    if (rule == nullptr) {
        throw Error(ErrorKind::model, weights.header().path().string() + ": tensor " + in_quotes(name) +
                                          ": not of a plain llama model, so it is not known how to turn it");
    }
    return {name, name, rule->role, rule->gain.empty() ? "" : block + std::string(rule->gain)};
}

void require_width(const WeightReader& weights, const TwinTensor& tensor, std::size_t d) {
    const TensorShape shape = weights.shape(tensor.from);
    const std::size_t width = tensor.role == StreamRole::writes ? shape.rows : shape.cols;
    const bool vector = tensor.role != StreamRole::gain || shape.rows == 1;
    if (tensor.role == StreamRole::apart || (width == d && vector)) return;
    weights.header().reject("tensor " + in_quotes(tensor.from),
                            "must be " + std::to_string(d) + " wide at the residual stream", to_string(shape));
}

}  // namespace

std::vector<TwinTensor> plan_twin(const WeightReader& weights, std::size_t d) {
    std::vector<TwinTensor> plan;
    for (const std::string& name : weights.header().tensor_names()) plan.push_back(planned(weights, name));
    if (!weights.header().has_tensor(std::string(kHead))) {
        TwinTensor& head = plan.emplace_back(planned(weights, std::string(kHead)));
        head.from = kEmbeddings;
    }
    for (const TwinTensor& tensor : plan) {
        require_width(weights, tensor, d);
        if (!tensor.gain.empty()) require_width(weights, {tensor.gain, tensor.gain, StreamRole::gain, ""}, d);
    }
    return plan;
}

}  // namespace contrans
