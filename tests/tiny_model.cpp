#include "tests/tiny_model.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "ggml.h"
#include "gguf.h"

namespace contrans::testing {
namespace {

// llama.cpp's token types.
enum TokenType : std::int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kByte = 6 };

struct Vocabulary {
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;
    std::vector<std::string> merges;  // byte pairs alone

    void add(std::string token, TokenType type = kNormal) {
        tokens.push_back(std::move(token));
        types.push_back(type);
    }
};

std::string utf8_of(unsigned code) {  // below U+0800
    if (code < 0x80) return {static_cast<char>(code)};
    return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

/// GPT-2's visible character for a byte: itself where it prints, else the next of U+0100 and on.
std::array<std::string, 256> visible_bytes() {
    std::array<std::string, 256> visible;
    unsigned next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool prints = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        visible[byte] = utf8_of(prints ? byte : next++);
    }
    return visible;
}

Vocabulary byte_pairs(const std::string& left_out) {
    Vocabulary vocabulary;
    vocabulary.add("<|endoftext|>", kControl);
    for (const std::string& byte : visible_bytes()) {
        if (left_out.find(byte) == std::string::npos) vocabulary.add(byte);
    }
    const std::string space = visible_bytes()[' '];
    const std::vector<std::pair<std::string, std::string>> merges = {
        {space, "t"}, {"h", "e"}, {space, "a"}, {"i", "n"}, {"r", "e"}, {space + "t", "he"}, {"o", "n"},
        {"e", "r"},   {"n", "d"}, {space, "w"}, {"i", "s"}, {"o", "u"}, {"in", "g"},         {space, "s"}};
    for (const auto& [left, right] : merges) {
        vocabulary.add(left + right);
        vocabulary.merges.push_back(left + " " + right);
    }
    return vocabulary;
}

Vocabulary sentence_pieces() {
    const std::string space = "\xE2\x96\x81";  // ▁
    Vocabulary vocabulary;
    vocabulary.add("<unk>", kUnknown);
    vocabulary.add("<s>", kControl);
    vocabulary.add("</s>", kControl);
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::array<char, 8> text{};
        std::snprintf(text.data(), text.size(), "<0x%02X>", byte);
        vocabulary.add(text.data(), kByte);
    }
    // A higher place is merged first.
    for (const char* piece : {"th", "he", "an", "er", "or", "en", "at", "st", "ea", "ll", "ve", "the", "and", "ould"}) {
        vocabulary.add(piece);
    }
    for (const char* piece : {"t", "th", "the", "a", "an", "and", "o", "b", "c", "i", "I"})
        vocabulary.add(space + piece);
    vocabulary.add(space);
    for (char c = '!'; c <= '~'; ++c) vocabulary.add({c});
    return vocabulary;
}

struct Free {
    void operator()(gguf_context* context) const noexcept { gguf_free(context); }
    void operator()(ggml_context* context) const noexcept { ggml_free(context); }
};

/// The file in the making. Weights live in `memory_` until it is written.
class TinyModelFile {
public:
    explicit TinyModelFile(const TinyModel& model)
        : model_(model),
          gguf_(gguf_init_empty()),
          memory_(ggml_init({.mem_size = std::size_t{64} << 20, .mem_buffer = nullptr, .no_alloc = false})),
          random_(model.seed) {}

    void write(const std::filesystem::path& file) {
        set_sizes();
        set_tokenizer();
        add_weights();
        if (!gguf_write_to_file(gguf_.get(), file.c_str(), false)) {
            throw std::runtime_error("tiny model: cannot write " + file.string());
        }
    }

private:
    void set_u32(const std::string& key, std::size_t value) {
        gguf_set_val_u32(gguf_.get(), key.c_str(), static_cast<std::uint32_t>(value));
    }
    void set_string(const std::string& key, const std::string& value) {
        gguf_set_val_str(gguf_.get(), key.c_str(), value.c_str());
    }
    void set_strings(const std::string& key, const std::vector<std::string>& values) {
        std::vector<const char*> texts;
        for (const std::string& value : values) texts.push_back(value.c_str());
        gguf_set_arr_str(gguf_.get(), key.c_str(), texts.data(), texts.size());
    }

    void set_sizes() {
        const std::string prefix = model_.architecture + ".";
        set_string("general.architecture", model_.architecture);
        set_string("general.name", model_.name);
        set_u32(prefix + "context_length", model_.context);
        set_u32(prefix + "embedding_length", model_.d_model);
        set_u32(prefix + "block_count", model_.layers);
        set_u32(prefix + "feed_forward_length", d_inner());
        set_u32(prefix + "attention.head_count", model_.heads);
        set_u32(prefix + "rope.dimension_count", model_.d_model / model_.heads);
        gguf_set_val_f32(gguf_.get(), (prefix + "attention.layer_norm_rms_epsilon").c_str(), 1e-5F);
    }

    void set_tokenizer() {
        const bool pairs = model_.vocabulary == TinyModel::Vocabulary::byte_pairs;
        vocabulary_ = pairs ? byte_pairs(model_.left_out) : sentence_pieces();
        const std::string space = pairs ? visible_bytes()[' '] : "\xE2\x96\x81";
        for (std::size_t i = 0; i < model_.words; ++i) vocabulary_.add(space + tiny_word(i));
        set_string("tokenizer.ggml.model", pairs ? "gpt2" : "llama");
        set_strings("tokenizer.ggml.tokens", vocabulary_.tokens);
        gguf_set_arr_data(gguf_.get(), "tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary_.types.data(),
                          vocabulary_.types.size());
        pairs ? set_pair_keys() : set_piece_keys();
        if (!model_.chat_template.empty()) set_string("tokenizer.chat_template", model_.chat_template);
    }
    void set_pair_keys() {
        set_string("tokenizer.ggml.pre", "gpt-2");
        set_strings("tokenizer.ggml.merges", vocabulary_.merges);
        set_u32("tokenizer.ggml.bos_token_id", 0);
        set_u32("tokenizer.ggml.eos_token_id", 0);
    }
    void set_piece_keys() {
        std::vector<float> scores;
        for (std::size_t i = 0; i < vocabulary_.tokens.size(); ++i) scores.push_back(-static_cast<float>(i));
        gguf_set_arr_data(gguf_.get(), "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
        set_u32("tokenizer.ggml.unknown_token_id", 0);
        set_u32("tokenizer.ggml.bos_token_id", 1);
        set_u32("tokenizer.ggml.eos_token_id", 2);
    }

    /// [rows, cols], each row reads `cols` inputs: values of standard deviation `scale` / √cols.
    void add_matrix(const std::string& name, std::size_t rows, std::size_t cols, double scale) {
        ggml_tensor* tensor = ggml_new_tensor_2d(memory_.get(), GGML_TYPE_F32, static_cast<std::int64_t>(cols),
                                                 static_cast<std::int64_t>(rows));
        std::normal_distribution<float> normal(0.0F, static_cast<float>(scale / std::sqrt(static_cast<double>(cols))));
        add(tensor, name, [&] { return normal(random_); });
    }
    void add_gain(const std::string& name) {
        ggml_tensor* tensor =
            ggml_new_tensor_1d(memory_.get(), GGML_TYPE_F32, static_cast<std::int64_t>(model_.d_model));
        std::normal_distribution<float> normal(1.0F, static_cast<float>(model_.gain_spread));
        add(tensor, name, [&] { return model_.gain_spread == 0 ? 1.0F : normal(random_); });
    }
    void add_bias(const std::string& name, std::size_t n) {
        if (model_.tensors == TinyModel::Tensors::full) add_matrix(name, 1, n, 0.5);
    }
    template <class Next>
    void add(ggml_tensor* tensor, const std::string& name, Next next) {
        auto* values = static_cast<float*>(tensor->data);
        for (std::int64_t i = 0; i < ggml_nelements(tensor); ++i) values[i] = next();
        ggml_set_name(tensor, name.c_str());
        gguf_add_tensor(gguf_.get(), tensor);
    }

    void add_weights() {
        const std::size_t d = model_.d_model;
        add_matrix("token_embd.weight", vocabulary_.tokens.size(), d, static_cast<double>(model_.loudness));
        add_gain("output_norm.weight");
        if (model_.tensors == TinyModel::Tensors::full) add_matrix("output.weight", vocabulary_.tokens.size(), d, 1.0);
        for (std::size_t layer = 0; layer < model_.layers; ++layer) {
            const std::string block = "blk." + std::to_string(layer) + ".";
            add_gain(block + "attn_norm.weight");
            for (const std::string part : {"attn_q", "attn_k", "attn_v"}) {
                add_matrix(block + part + ".weight", d, d, 1.0);
                add_bias(block + part + ".bias", d);
            }
            add_matrix(block + "attn_output.weight", d, d, 0.1);
            add_bias(block + "attn_output.bias", d);
            add_gain(block + "ffn_norm.weight");
            add_matrix(block + "ffn_gate.weight", d_inner(), d, 1.0);
            add_matrix(block + "ffn_up.weight", d_inner(), d, 1.0);
            add_matrix(block + "ffn_down.weight", d, d_inner(), 0.1);
            add_bias(block + "ffn_gate.bias", d_inner());
            add_bias(block + "ffn_up.bias", d_inner());
            add_bias(block + "ffn_down.bias", d);
        }
    }

    [[nodiscard]] std::size_t d_inner() const { return 2 * model_.d_model; }

    const TinyModel& model_;
    std::unique_ptr<gguf_context, Free> gguf_;
    std::unique_ptr<ggml_context, Free> memory_;
    std::mt19937 random_;
    Vocabulary vocabulary_;
};

}  // namespace

std::filesystem::path write_tiny_model(const std::filesystem::path& file, const TinyModel& model) {
    TinyModelFile(model).write(file);
    return file;
}

std::string tiny_word(std::size_t i) {
    // No two letters of a word stand beside each other in a merge or piece.
    std::string word = "q";
    for (; i > 0; i /= 10) word += "zqxjkvwypf"[i % 10];
    return word + "q";
}

TinyModel tiny_source() {
    TinyModel model;
    model.name = "Tiny source";
    return model;
}

TinyModel tiny_target() {
    TinyModel model;
    model.name = "Tiny target";
    model.vocabulary = TinyModel::Vocabulary::sentence_pieces;
    model.d_model = 96;
    model.layers = 5;
    model.heads = 6;
    model.seed = 2;
    return model;
}

}  // namespace contrans::testing
