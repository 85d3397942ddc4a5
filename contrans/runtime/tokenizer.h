#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contrans/core/text.h"

struct llama_model;

namespace contrans {

using Token = std::int32_t;

/// A tokenised text. `byte_ends[i]` is where token i ends in the text, in bytes; a BOS token ends at 0.
struct TokenisedText {
    std::vector<Token> tokens;
    std::vector<std::size_t> byte_ends;
    /// `inexact`: the tokens' pieces do not spell the text (a normalising tokenizer), so byte_ends are not to be
    /// trusted.
    enum class Offsets { exact, inexact } offsets = Offsets::exact;
};

/// Whether "<|im_start|>" in a text means the control token or the characters.
enum class SpecialTokens { as_text, parse };

/// The model's own tokenizer and chat template. A view: it lives as long as its Model. Thread-safe.
class Tokenizer {
public:
    explicit Tokenizer(const llama_model* model);

    [[nodiscard]] std::size_t vocabulary_size() const;
    /// With the BOS token where the model asks for one. Throws Error{argument} for an empty text.
    [[nodiscard]] std::vector<Token> tokenise(std::string_view text,
                                              SpecialTokens special = SpecialTokens::as_text) const;
    /// The same with byte ends.
    [[nodiscard]] TokenisedText tokenise_with_ends(std::string_view text) const;
    /// Plain texts as they are; chat messages rendered by the model's own template (chat_template.h).
    [[nodiscard]] std::vector<Token> tokenise_text(const Text& text) const;
    /// The bytes a token stands for; control tokens stand for nothing.
    [[nodiscard]] std::string piece(Token token) const;
    /// The same, but a control token stands for its name, e.g. "<|im_end|>".
    [[nodiscard]] std::string spelling(Token token) const;
    [[nodiscard]] std::string detokenise(std::span<const Token> tokens) const;
    [[nodiscard]] bool ends_generation(Token token) const;

private:
    const llama_model* model_;
};

}  // namespace contrans
